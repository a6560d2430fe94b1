"""The tables of work requests, their logs and their errors."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, microseconds, moment, record_table
from modelyard.resources.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry
from modelyard.wire.paging import Filters, ListQuery, Page

work_requests = Records(
    record_table(
        "work_requests",
        "compartment_id",
        "operation_type",
        "status",
        sorts=("time_accepted", "operation_type", "status"),
    ),
    WorkRequest,
)

work_request_resources = sa.Table(
    "work_request_resources",
    metadata,
    sa.Column("work_request_id", sa.Text, sa.ForeignKey("work_requests.id"), primary_key=True),
    sa.Column("resource_id", sa.Text, primary_key=True, index=True),
)

_lines = sa.Table(
    "work_request_lines",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("work_request_id", sa.Text, sa.ForeignKey("work_requests.id"), nullable=False, index=True),
    sa.Column("code", sa.Text, comment="of an error; null for a log entry"),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),
)


def page(tx: sa.Connection, query: ListQuery, filters: Filters, *, resource_id: str | None) -> Page[WorkRequest]:
    """Return a page of work requests, those of one resource where one is given."""
    if resource_id is None:
        return work_requests.page(tx, query, filters)
    links = work_request_resources.c
    ids = sa.select(links.work_request_id).where(links.resource_id == resource_id)
    return work_requests.page(tx, query, filters, work_requests.table.c.id.in_(ids))


def first_of(tx: sa.Connection, resource_id: str) -> str:
    """Return the id of a resource's oldest work request: the one that created it."""
    table, links = work_requests.table.c, work_request_resources.c
    query = (
        sa.select(table.id)
        .join(work_request_resources, links.work_request_id == table.id)
        .where(links.resource_id == resource_id)
        .order_by(table.time_accepted)
        .limit(1)
    )
    return str(tx.execute(query).scalar_one())


def add_log(tx: sa.Connection, id: str, entry: WorkRequestLogEntry) -> None:
    """Append a line to the log."""
    _add_line(tx, id, code=None, message=entry.message, timestamp=entry.timestamp)


def add_error(tx: sa.Connection, id: str, error: WorkRequestError) -> None:
    """Append an error."""
    _add_line(tx, id, code=error.code, message=error.message, timestamp=error.timestamp)


def logs(tx: sa.Connection, id: str) -> list[tuple[int, WorkRequestLogEntry]]:
    """Return the log, each line with its number."""
    rows = tx.execute(
        sa.select(_lines).where(_lines.c.work_request_id == id, _lines.c.code.is_(None)).order_by(_lines.c.number)
    )
    return [(row.number, WorkRequestLogEntry(message=row.message, timestamp=moment(row.timestamp))) for row in rows]


def errors(tx: sa.Connection, id: str) -> list[tuple[int, WorkRequestError]]:
    """Return the errors, each with its number."""
    rows = tx.execute(
        sa.select(_lines).where(_lines.c.work_request_id == id, _lines.c.code.is_not(None)).order_by(_lines.c.number)
    )
    return [
        (row.number, WorkRequestError(code=row.code, message=row.message, timestamp=moment(row.timestamp)))
        for row in rows
    ]


def _add_line(tx: sa.Connection, id: str, *, code: str | None, message: str, timestamp: datetime) -> None:
    tx.execute(
        _lines.insert().values(work_request_id=id, code=code, message=message, timestamp=microseconds(timestamp))
    )
