"""From what a user calls a thing, its display name or its OCID, to the OCID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from modelyard import ids
from modelyard.errors import NotFound, UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context


class Named(Protocol):
    """Be a thing with a name that may not be the only one."""

    @property
    def id(self) -> str:
        """The OCID."""

    @property
    def display_name(self) -> str:
        """The name."""

    @property
    def lifecycle_state(self) -> object:
        """The state."""


Listing = Callable[["str | None"], "Iterable[Named]"]
"""Gives the things of a name, or with None all of them."""

_GONE = frozenset({"DELETED", "DELETING"})
_MOST_COMPARED = 1000


def project_id(context: Context, text: str) -> str:
    """Return the OCID of the project that goes by a name or OCID."""
    if _is_ocid(text, ids.PROJECT, noun="project"):
        return text
    compartment = context.compartment(None)
    return pick(text, lambda name: context.client.list_projects(compartment, display_name=name), noun="project")


def model_id(context: Context, text: str) -> str:
    """Return the OCID of the model that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL, noun="model"):
        return text
    compartment = context.compartment(None)
    return pick(text, lambda name: context.client.list_models(compartment, display_name=name), noun="model")


def deployment_id(context: Context, text: str) -> str:
    """Return the OCID of the deployment that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL_DEPLOYMENT, noun="deployment"):
        return text
    compartment = context.compartment(None)
    listing = context.client.list_model_deployments
    return pick(text, lambda name: listing(compartment, display_name=name), noun="deployment")


def log_group_id(context: Context, text: str) -> str:
    """Return the OCID of the log group that goes by a name or OCID."""
    if _is_ocid(text, ids.LOG_GROUP, noun="log group"):
        return text
    from modelyard.client.logging import LoggingClient

    groups = LoggingClient(context.client.transport).list_log_groups(context.compartment(None))
    found = list(groups)
    return pick(text, lambda _: found, noun="log group")


def pick(text: str, listing: Listing, *, noun: str) -> str:
    """Return the OCID of the one thing that has a name.

    Raises:
        NotFound: None has it.
        UsageError: Several have it.
    """
    found = [thing.id for thing in _living(listing(text)) if thing.display_name == text]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n  ".join(found)
        raise UsageError(f"{len(found)} {noun}s are called {text!r}. Give the OCID of the one you mean:\n  {listed}")
    known = {thing.display_name for thing in islice(_living(listing(None)), _MOST_COMPARED)}
    close = get_close_matches(text, sorted(known), n=3)
    meant = f" Did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
    raise NotFound(f"No {noun} is called {text!r}.{meant}")


def _living(things: Iterable[Named]) -> Iterator[Named]:
    return (thing for thing in things if str(thing.lifecycle_state) not in _GONE)


def _is_ocid(text: str, resource_type: str, *, noun: str) -> bool:
    parts = ids.parse(text)
    if parts is None:
        return False
    if parts.type != resource_type:
        raise UsageError(f"{text} is the OCID of a {parts.type}, and a {noun} is wanted here.")
    return True
