"""From what a user calls a thing, its display name or its OCID, to the OCID."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
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


_GONE = frozenset({"DELETED", "DELETING"})


def project_id(context: Context, text: str) -> str:
    """Return the OCID of the project that goes by a name or OCID."""
    if _is_ocid(text, ids.PROJECT, noun="project"):
        return text
    return pick(text, context.client.list_projects(context.compartment(None)), noun="project")


def model_id(context: Context, text: str) -> str:
    """Return the OCID of the model that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL, noun="model"):
        return text
    return pick(text, context.client.list_models(context.compartment(None)), noun="model")


def deployment_id(context: Context, text: str) -> str:
    """Return the OCID of the deployment that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL_DEPLOYMENT, noun="deployment"):
        return text
    return pick(text, context.client.list_model_deployments(context.compartment(None)), noun="deployment")


def pick(text: str, things: Iterable[Named], *, noun: str) -> str:
    """Return the OCID of the one thing that has a name.

    Raises:
        NotFound: None has it.
        UsageError: Several have it.
    """
    there = [thing for thing in things if str(thing.lifecycle_state) not in _GONE]
    found = [thing.id for thing in there if thing.display_name == text]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n  ".join(found)
        raise UsageError(f"{len(found)} {noun}s are called {text!r}. Give the OCID of the one you mean:\n  {listed}")
    close = get_close_matches(text, {thing.display_name for thing in there}, n=3)
    meant = f" Did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
    raise NotFound(f"No {noun} is called {text!r}.{meant}")


def _is_ocid(text: str, resource_type: str, *, noun: str) -> bool:
    parts = ids.parse(text)
    if parts is None:
        return False
    if parts.type != resource_type:
        raise UsageError(f"{text} is the OCID of a {parts.type}, and a {noun} is wanted here.")
    return True
