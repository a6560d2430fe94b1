"""Open a work request, write down how it goes, and end it; in the transaction of whoever does the work."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.lifecycle import WORK_REQUEST_DONE, WORK_REQUEST_MOVES, WorkRequestState
from modelyard.resources.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry, WorkRequestResource
from modelyard.workrequests import store

Action = Literal["CREATED", "UPDATED", "DELETED", "RELATED", "IN_PROGRESS"]


def accept(
    tx: sa.Connection,
    *,
    operation_type: str,
    compartment_id: str,
    entity_type: str,
    identifier: str,
    action: Action,
    now: datetime,
) -> str:
    """Open a work request for one resource and return its id."""
    resource = WorkRequestResource(action_type=action, entity_type=entity_type, identifier=identifier)
    request = WorkRequest(
        id=ids.mint(ids.WORK_REQUEST),
        operation_type=operation_type,
        status=WorkRequestState.ACCEPTED,
        compartment_id=compartment_id,
        percent_complete=0.0,
        resources=[resource],
        time_accepted=now,
    )
    store.work_requests.add(tx, request)
    tx.execute(store.work_request_resources.insert().values(work_request_id=request.id, resource_id=identifier))
    return request.id


def done(
    tx: sa.Connection,
    message: str,
    *,
    operation_type: str,
    compartment_id: str,
    entity_type: str,
    identifier: str,
    action: Action,
    now: datetime,
) -> str:
    """Open a work request for what is done already and end it well; return its id."""
    id = accept(
        tx,
        operation_type=operation_type,
        compartment_id=compartment_id,
        entity_type=entity_type,
        identifier=identifier,
        action=action,
        now=now,
    )
    succeed(tx, id, message, now=now)
    return id


def log(tx: sa.Connection, id: str, message: str, *, percent: float, now: datetime) -> None:
    """Write a line into the log of a work request that goes on, and how far it is, from 0 to 100."""
    request = _find(tx, id)
    if request.status in WORK_REQUEST_DONE:
        return
    store.add_log(tx, id, WorkRequestLogEntry(message=message, timestamp=now))
    store.work_requests.replace(
        tx,
        msgspec.structs.replace(
            request,
            status=WORK_REQUEST_MOVES["start"][request.status],
            percent_complete=max(percent, request.percent_complete),
            time_started=request.time_started or now,
        ),
    )


def succeed(tx: sa.Connection, id: str, message: str, *, now: datetime) -> None:
    """End a work request well; without effect if it has ended."""
    _end(tx, id, verb="succeed", message=message, now=now)


def fail(tx: sa.Connection, id: str, *, code: str, message: str, now: datetime) -> None:
    """End a work request with an error; without effect if it has ended."""
    if _end(tx, id, verb="fail", message=(message.strip().splitlines() or [code])[-1], now=now):
        store.add_error(tx, id, WorkRequestError(code=code, message=message, timestamp=now))


def cancel(tx: sa.Connection, id: str, message: str, *, now: datetime) -> None:
    """End a work request because something else was asked for; without effect if it has ended."""
    _end(tx, id, verb="cancel", message=message, now=now)


def _end(tx: sa.Connection, id: str, *, verb: str, message: str, now: datetime) -> bool:
    request = _find(tx, id)
    if request.status in WORK_REQUEST_DONE:
        return False
    store.add_log(tx, id, WorkRequestLogEntry(message=message, timestamp=now))
    store.work_requests.replace(
        tx,
        msgspec.structs.replace(
            request,
            status=WORK_REQUEST_MOVES[verb][request.status],
            percent_complete=100.0,
            time_started=request.time_started or now,
            time_finished=now,
        ),
    )
    return True


def _find(tx: sa.Connection, id: str) -> WorkRequest:
    found = store.work_requests.find(tx, id)
    assert found is not None, id
    return found.noun
