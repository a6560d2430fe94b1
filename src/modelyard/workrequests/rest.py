"""The REST operations of work requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from modelyard.database.engine import Database
from modelyard.errors import Conflict, InvalidParameter, NotFound
from modelyard.lifecycle import WorkRequestState
from modelyard.resources.noun import Identifier, Noun
from modelyard.resources.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry, WorkRequestSummary
from modelyard.wire.etags import Stored
from modelyard.wire.operation import Call, Operation, Reply
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of, filters_of
from modelyard.wire.replies import many, one
from modelyard.workrequests import store

N = TypeVar("N", bound=Noun)


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


def operations(database: Database) -> list[Operation]:
    """Return the rows of the route table."""

    def list_(call: Call) -> Reply:
        query = call.query_as(ListWorkRequests)
        filters = dict(filters_of(query))
        resource_id = filters.pop("resource_id")
        with database.read() as tx:
            return many(query, store.page(tx, query, filters, resource_id=resource_id), WorkRequestSummary)

    def get(call: Call) -> Reply:
        return one(_find(database, call))

    def cancel(call: Call) -> Reply:
        request = _find(database, call).noun
        raise Conflict(f"Work request {request.id} cannot be cancelled: ask for what you want of its resource instead.")

    return [
        Operation(
            name="list_work_requests",
            method="GET",
            path="/workRequests",
            handler=list_,
            query=ListWorkRequests,
            response=WorkRequestSummary,
            is_list=True,
            summary="List the work requests of a compartment.",
        ),
        Operation(
            name="get_work_request",
            method="GET",
            path="/workRequests/{work_request_id}",
            handler=get,
            response=WorkRequest,
            summary="Get how an operation stands.",
        ),
        Operation(
            name="cancel_work_request",
            method="DELETE",
            path="/workRequests/{work_request_id}",
            handler=cancel,
            status=202,
            summary="Cancel an operation, where it can be.",
        ),
        Operation(
            name="list_work_request_logs",
            method="GET",
            path="/workRequests/{work_request_id}/logs",
            handler=_lines(database, store.logs, WorkRequestLogEntry),
            query=ListLogEntries,
            response=WorkRequestLogEntry,
            is_list=True,
            summary="List what an operation did so far.",
        ),
        Operation(
            name="list_work_request_errors",
            method="GET",
            path="/workRequests/{work_request_id}/errors",
            handler=_lines(database, store.errors, WorkRequestError),
            query=ListErrors,
            response=WorkRequestError,
            is_list=True,
            summary="List why an operation failed.",
        ),
    ]


def _lines(database: Database, read: Callable[..., list[tuple[int, N]]], summary: type[N]) -> Callable[[Call], Reply]:
    def list_(call: Call) -> Reply:
        query = call.query_as(ListQuery)
        id = _find(database, call).noun.id
        after = cursor_of(query, of=int)
        if after is not None and after.id != id:
            raise InvalidParameter("page belongs to another work request: begin again without it.")
        with database.read() as tx:
            rows = [row for row in read(tx, id) if after is None or row[0] > int(after.value)]
        kept = rows[: query.limit]
        more = Cursor(kept[-1][0], id) if len(rows) > query.limit else None
        return many(query, Page([line for _, line in kept], more), summary)

    return list_


def _find(database: Database, call: Call) -> Stored[WorkRequest]:
    with database.read() as tx:
        found = store.work_requests.find(tx, call.path["work_request_id"])
    if found is None:
        raise NotFound(f"There is no work request {call.path['work_request_id']}.")
    return found
