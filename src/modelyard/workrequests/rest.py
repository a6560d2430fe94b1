"""The REST operations of work requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.errors import Conflict, InvalidParameter, NotFound
from modelyard.lifecycle import WORK_REQUEST_DONE, WorkRequestState
from modelyard.resources.noun import Identifier, Noun
from modelyard.resources.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry, WorkRequestSummary
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.operation import Call, Operation, Reply, operation, operations_of
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of, filters_of
from modelyard.wire.replies import many, one
from modelyard.workrequests import store


class ListWorkRequests(ListQuery, frozen=True, kw_only=True):
    """Be what work requests are listed by."""

    compartment_id: Identifier
    id: str | None = None
    resource_id: str | None = None
    operation_type: str | None = None
    status: WorkRequestState | None = None
    sort_by: Literal["timeAccepted", "operationType", "status"] | None = None


class ListLogEntries(ListQuery, frozen=True, kw_only=True):
    """Be what log entries are listed by; a type of its own, so that its pages are."""


class ListErrors(ListQuery, frozen=True, kw_only=True):
    """Be what errors are listed by."""


def operations(database: Database, *, cancel: Callable[[str], bool]) -> list[Operation]:
    """Return the work requests' rows of the route table.

    Args:
        database: Where rows are.
        cancel: Cancels the work request with an id, and tells whether that could be done.
    """
    return operations_of(WorkRequests(database, cancel=cancel))


class WorkRequests:
    """Answer for work requests."""

    def __init__(self, database: Database, *, cancel: Callable[[str], bool]) -> None:
        self._database = database
        self._cancel = cancel

    @operation("GET", "/workRequests", query=ListWorkRequests, response=WorkRequestSummary, is_list=True)
    def list_work_requests(self, call: Call) -> Reply:
        """List the work requests of a compartment."""
        query = call.query_as(ListWorkRequests)
        filters = dict(filters_of(query))
        resource_id = filters.pop("resource_id")
        with self._database.read() as tx:
            return many(query, store.page(tx, query, filters, resource_id=resource_id), WorkRequestSummary)

    @operation("GET", "/workRequests/{work_request_id}", response=WorkRequest)
    def get_work_request(self, call: Call) -> Reply:
        """Get how an operation stands."""
        with self._database.read() as tx:
            return one(_find(tx, call))

    @operation("DELETE", "/workRequests/{work_request_id}", status=202)
    def cancel_work_request(self, call: Call) -> Reply:
        """Cancel an operation, where it can be."""
        with self._database.read() as tx:
            stored = _find(tx, call)
        check_etag(current=stored.etag, if_match=call.if_match)
        id = stored.noun.id
        if stored.noun.status in WORK_REQUEST_DONE:
            raise Conflict(f"Work request {id} is {stored.noun.status.value}: there is nothing left to cancel.")
        if not self._cancel(id):
            raise Conflict(f"Work request {id} cannot be cancelled: ask for what you want of its resource instead.")
        return Reply(status=202)

    @operation(
        "GET",
        "/workRequests/{work_request_id}/logs",
        query=ListLogEntries,
        response=WorkRequestLogEntry,
        is_list=True,
    )
    def list_work_request_logs(self, call: Call) -> Reply:
        """List what an operation did so far."""
        with self._database.read() as tx:
            return _lines(call, store.logs(tx, _find(tx, call).noun.id), WorkRequestLogEntry)

    @operation(
        "GET",
        "/workRequests/{work_request_id}/errors",
        query=ListErrors,
        response=WorkRequestError,
        is_list=True,
    )
    def list_work_request_errors(self, call: Call) -> Reply:
        """List why an operation failed."""
        with self._database.read() as tx:
            return _lines(call, store.errors(tx, _find(tx, call).noun.id), WorkRequestError)


def _lines(call: Call, lines: Sequence[tuple[int, Noun]], summary: type[Noun]) -> Reply:
    query = call.query_as(ListQuery)
    after = cursor_of(query, of=int)
    if after is not None and after.id != call.path["work_request_id"]:
        raise InvalidParameter("page belongs to another work request: begin again without it.")
    rows = [row for row in lines if after is None or row[0] > int(after.value)]
    kept = rows[: query.limit]
    more = Cursor(kept[-1][0], call.path["work_request_id"]) if len(rows) > query.limit else None
    return many(query, Page([line for _, line in kept], more), summary)


def _find(tx: sa.Connection, call: Call) -> Stored[WorkRequest]:
    found = store.work_requests.find(tx, call.path["work_request_id"])
    if found is None:
        raise NotFound(f"There is no work request {call.path['work_request_id']}.")
    return found
