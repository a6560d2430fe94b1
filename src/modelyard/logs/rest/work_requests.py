"""The work requests of logging: what they speak of is done by the time they are told."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.errors import Conflict, NotFound
from modelyard.logs import store
from modelyard.resources.logging import LoggingWorkRequest, LoggingWorkRequestSummary
from modelyard.resources.noun import Identifier
from modelyard.resources.work_request import WorkRequestError, WorkRequestLogEntry
from modelyard.wire.etags import Stored
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, Page, cursor_of, filters_of
from modelyard.wire.replies import many, one

_ONE = "/workRequests/{work_request_id}"

_DONE = {"CREATE": "created", "UPDATE": "changed", "MOVE": "moved", "DELETE": "deleted"}


class ListLoggingWorkRequests(ListQuery, frozen=True, kw_only=True):
    """Be what work requests of logging are listed by."""

    compartment_id: Identifier
    id: str | None = None
    status: Literal["ACCEPTED", "IN_PROGRESS", "FAILED", "SUCCEEDED", "CANCELLING", "CANCELED"] | None = None
    sort_by: Literal["operationType", "status", "timeAccepted"] | None = None


class ListLoggingWorkRequestLogs(ListQuery, frozen=True, kw_only=True):
    """Be what the log of a work request of logging is listed by."""


class ListLoggingWorkRequestErrors(ListQuery, frozen=True, kw_only=True):
    """Be what the errors of a work request of logging are listed by."""


class WorkRequestOperations:
    """Answer for work requests of logging."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @operation("GET", "/workRequests", query=ListLoggingWorkRequests, response=LoggingWorkRequestSummary, is_list=True)
    def list_logging_work_requests(self, call: Call) -> Reply:
        """List the work requests of logging in a compartment."""
        query = call.query_as(ListLoggingWorkRequests)
        with self._database.read() as tx:
            return many(query, store.work_requests.page(tx, query, filters_of(query)), LoggingWorkRequestSummary)

    @operation("GET", _ONE, response=LoggingWorkRequest)
    def get_logging_work_request(self, call: Call) -> Reply:
        """Get how an operation of logging stands."""
        with self._database.read() as tx:
            return one(_find(tx, call))

    @operation("DELETE", _ONE, status=202)
    def delete_logging_work_request(self, call: Call) -> Reply:
        """Cancel an operation of logging, where it can be."""
        with self._database.read() as tx:
            request = _find(tx, call).noun
        raise Conflict(f"Work request {request.id} is {request.status}: there is nothing to cancel.")

    @operation("GET", f"{_ONE}/logs", query=ListLoggingWorkRequestLogs, response=WorkRequestLogEntry, is_list=True)
    def list_logging_work_request_logs(self, call: Call) -> Reply:
        """List what an operation of logging did."""
        with self._database.read() as tx:
            request = _find(tx, call).noun
        query = call.query_as(ListLoggingWorkRequestLogs)
        verb, _, noun = request.operation_type.partition("_")
        entry = WorkRequestLogEntry(
            message=f"The {noun.lower().replace('_', ' ')} is {_DONE[verb]}.", timestamp=request.time_accepted
        )
        return many(query, Page([] if cursor_of(query, of=int) else [entry], None), WorkRequestLogEntry)

    @operation("GET", f"{_ONE}/errors", query=ListLoggingWorkRequestErrors, response=WorkRequestError, is_list=True)
    def list_logging_work_request_errors(self, call: Call) -> Reply:
        """List why an operation of logging failed: none does once it is accepted."""
        with self._database.read() as tx:
            _find(tx, call)
        cursor_of(call.query_as(ListLoggingWorkRequestErrors), of=int)
        return Reply(body=[])


def _find(tx: sa.Connection, call: Call) -> Stored[LoggingWorkRequest]:
    found = store.work_requests.find(tx, call.path["work_request_id"])
    if found is None:
        raise NotFound(f"There is no work request {call.path['work_request_id']} of logging.")
    return found
