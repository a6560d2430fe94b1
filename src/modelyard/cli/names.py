"""From what a user calls a thing, its display name or its OCID, to the OCID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from modelyard import ids
from modelyard.cli.output import shown
from modelyard.errors import NotFound, UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import LogDetails


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

    @property
    def time_created(self) -> datetime:
        """When it was made."""


@dataclass(frozen=True)
class _Listed:
    id: str
    display_name: str
    lifecycle_state: object
    time_created: datetime


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


def model_group_id(context: Context, text: str) -> str:
    """Return the OCID of the model group that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL_GROUP, noun="model group"):
        return text
    compartment = context.compartment(None)
    listing = context.client.list_model_groups
    return pick(text, lambda name: listing(compartment, display_name=name), noun="model group")


def version_set_id(context: Context, text: str, *, compartment_id: str | None = None) -> str:
    """Return the OCID of the version set that goes by a name or OCID."""
    if _is_ocid(text, ids.MODEL_VERSION_SET, noun="model version set"):
        return text
    compartment = context.compartment(compartment_id)
    listing = context.client.list_model_version_sets

    def named(name: str | None) -> Iterator[Named]:
        return (
            _Listed(one.id, one.name, one.lifecycle_state, one.time_created) for one in listing(compartment, name=name)
        )

    return pick(text, named, noun="model version set")


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


def log_of(context: Context, text: str, *, group: str | None) -> LogDetails:
    """Return the log that goes by ``group/log``, its OCID, or, in a group that is given, its name.

    Raises:
        UsageError: It is a bare name, and no group is given.
        NotFound: There is no such log.
    """
    from modelyard.client.logging import LoggingClient
    from modelyard.resources.deployment import LogDetails

    in_group, slash, name = text.partition("/")
    if slash:
        group, text = in_group, name
    logging = LoggingClient(context.client.transport)
    is_ocid = _is_ocid(text, ids.LOG, noun="log")
    if group is not None:
        group_id = log_group_id(context, group)
        found = list(logging.list_logs(group_id))
        log_id = text if is_ocid else pick(text, lambda _: found, noun="log")
        return LogDetails(log_id=log_id, log_group_id=group_id)
    if not is_ocid:
        raise UsageError(f"The log {text!r} is in a group: write GROUP/{text}, or give --log-group GROUP too.")
    for one in logging.list_log_groups(context.compartment(None)):
        if any(log.id == text for log in logging.list_logs(one.id)):
            return LogDetails(log_id=text, log_group_id=one.id)
    raise NotFound(f"No log group of the compartment has the log {text}: give its group with --log-group.")


def stream_id(context: Context, text: str) -> str:
    """Return the OCID of the stream that goes by a name or OCID."""
    if _is_ocid(text, ids.STREAM, noun="stream"):
        return text
    streams = context.client.list_streams(context.compartment(None), name=text, lifecycle_state="ACTIVE")
    found = [stream.id for stream in streams]
    if not found:
        raise NotFound(f"No stream is called {text!r}: `modelyard stream list` shows those that there are.")
    if len(found) > 1:
        raise UsageError(f"{len(found)} streams are called {text!r}, in several pools. Give the OCID of one.")
    return found[0]


def pick(text: str, listing: Listing, *, noun: str) -> str:
    """Return the OCID of the one thing that has a name.

    Raises:
        NotFound: None has it.
        UsageError: Several have it.
    """
    found = [thing for thing in _living(listing(text)) if thing.display_name == text]
    if len(found) == 1:
        return found[0].id
    if found:
        newest_first = sorted(found, key=lambda thing: thing.time_created, reverse=True)
        listed = "\n".join(f"  {shown(thing.time_created)}  {thing.id}" for thing in newest_first)
        raise UsageError(f"{len(found)} {noun}s are called {text!r}. Give the OCID of the one you mean:\n{listed}")
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
