"""Work requests: how an operation that goes on after its answer stands."""

from __future__ import annotations

from typing import Literal

from modelyard.lifecycle import WorkRequestState
from modelyard.resources.noun import Moment, Noun


class WorkRequestResource(Noun, frozen=True, kw_only=True):
    """Be a resource that a work request touches."""

    action_type: Literal["CREATED", "UPDATED", "DELETED", "RELATED", "IN_PROGRESS"]
    entity_type: str
    identifier: str
    entity_uri: str | None = None


class WorkRequest(Noun, frozen=True, kw_only=True):
    """Be a work request; ``percent_complete`` runs from 0 to 100."""

    id: str
    operation_type: str
    status: WorkRequestState
    compartment_id: str
    percent_complete: float
    resources: list[WorkRequestResource]
    time_accepted: Moment
    time_started: Moment | None = None
    time_finished: Moment | None = None


class WorkRequestSummary(WorkRequest, frozen=True, kw_only=True):
    """Be a work request in a list."""


class WorkRequestError(Noun, frozen=True, kw_only=True):
    """Be one reason why a work request failed."""

    code: str
    message: str
    timestamp: Moment


class WorkRequestLogEntry(Noun, frozen=True, kw_only=True):
    """Be one line of what a work request did."""

    message: str
    timestamp: Moment
