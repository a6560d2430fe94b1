"""What every change of a log group or log has in common: it is done at once, and a work request says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from modelyard import ids
from modelyard.logs import store
from modelyard.resources.logging import LoggingWorkRequest, LoggingWorkRequestResource

Clock = Callable[[], datetime]

_ACTIONS: dict[str, Literal["CREATED", "UPDATED", "DELETED"]] = {
    "CREATE": "CREATED",
    "UPDATE": "UPDATED",
    "MOVE": "UPDATED",
    "DELETE": "DELETED",
}


def done(tx: sa.Connection, operation_type: str, id: str, *, compartment_id: str, now: datetime) -> str:
    """Write the work request of what is done already; return its id.

    Args:
        tx: The transaction that does it.
        operation_type: What it is, such as ``CREATE_LOG_GROUP``.
        id: The log group or log.
        compartment_id: Where that is.
        now: When.
    """
    verb, _, entity = operation_type.partition("_")
    resource = LoggingWorkRequestResource(
        entity_type="loggroup" if entity == "LOG_GROUP" else "log", action_type=_ACTIONS[verb], identifier=id
    )
    request = LoggingWorkRequest(
        id=ids.mint(ids.LOGGING_WORK_REQUEST),
        operation_type=operation_type,
        status="SUCCEEDED",
        compartment_id=compartment_id,
        resources=[resource],
        percent_complete=100.0,
        time_accepted=now,
        time_started=now,
        time_finished=now,
    )
    store.work_requests.add(tx, request)
    return request.id
