"""The tables of logging: log groups, logs, work requests, entries, and how far what feeds them was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, record_table
from modelyard.resources.logging import Log, LoggingWorkRequest, LogGroup

_AT_A_TIME = 20  # entries may be large, and a search reads many logs side by side

log_groups = Records(
    record_table("log_groups", "compartment_id", "display_name", sorts=("time_created", "display_name")), LogGroup
)

logs = Records(
    record_table(
        "logs",
        "compartment_id",
        "log_group_id",
        "display_name",
        "log_type",
        "lifecycle_state",
        sorts=("time_created", "display_name"),
    ),
    Log,
)
sa.Index("ix_logs_log_group_id", logs.table.c.log_group_id, logs.table.c.display_name)

work_requests = Records(
    record_table(
        "logging_work_requests",
        "compartment_id",
        "operation_type",
        "status",
        sorts=("time_accepted", "operation_type", "status"),
    ),
    LoggingWorkRequest,
)

entries = sa.Table(
    "log_entries",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("log_id", sa.Text, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False, comment="microseconds"),
    sa.Column("ingested", sa.BigInteger, nullable=False, comment="microseconds"),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("data", sa.LargeBinary, nullable=False, comment="JSON"),
    sa.Index("ix_log_entries_time", "log_id", "time", "number"),
)

deleted_logs = sa.Table(
    "deleted_logs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="of a log whose entries are still to be removed"),
)

readings = sa.Table(
    "log_readings",
    metadata,
    sa.Column("file", sa.Text, primary_key=True, comment="below the home"),
    sa.Column("read_to", sa.BigInteger, nullable=False, comment="all before this byte is in the database"),
    sa.Column("mark", sa.LargeBinary, nullable=False, comment="the bytes before it: the file is known by them"),
    sa.Column("is_in_line", sa.Boolean(create_constraint=False), nullable=False, comment="within a line that was cut"),
    sa.Column("deployment_id", sa.Text, comment="whose replica writes the file"),
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Be an entry of a log; times in microseconds since the epoch, ``data`` is JSON."""

    log_id: str
    time: int
    ingested: int
    id: str
    source: str
    type: str
    subject: str | None
    data: bytes
    number: int = 0
    """Counts entries in the order in which they came; given by the database."""


def add_entries(tx: sa.Connection, new: Iterable[Entry]) -> None:
    """Insert entries."""
    rows = [
        {
            "log_id": entry.log_id,
            "time": entry.time,
            "ingested": entry.ingested,
            "id": entry.id,
            "source": entry.source,
            "type": entry.type,
            "subject": entry.subject,
            "data": entry.data,
        }
        for entry in new
    ]
    if rows:
        tx.execute(entries.insert(), rows)


def entries_between(tx: sa.Connection, log_id: str, *, start: int, end: int, descending: bool) -> Iterator[Entry]:
    """Yield a log's entries from a time on and before another, in order of time, without holding them all."""
    columns = entries.c
    order = (columns.time.desc(), columns.number.desc()) if descending else (columns.time, columns.number)
    query = (
        sa.select(entries)
        .where(columns.log_id == log_id, columns.time >= start, columns.time < end)
        .order_by(*order)
        .execution_options(yield_per=_AT_A_TIME)
    )
    for row in tx.execute(query):
        yield _entry(row)


def entries_by_number(tx: sa.Connection, numbers: Sequence[int]) -> dict[int, Entry]:
    """Return entries by their numbers."""
    query = sa.select(entries).where(entries.c.number.in_(numbers))
    return {row.number: _entry(row) for row in tx.execute(query)}


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    return Entry(
        log_id=row.log_id,
        time=row.time,
        ingested=row.ingested,
        id=row.id,
        source=row.source,
        type=row.type,
        subject=row.subject,
        data=row.data,
        number=row.number,
    )


def remove_entries(tx: sa.Connection, log_id: str, *, before: int | None = None, most: int) -> int:
    """Remove some entries of a log, of those before a time where one is given; return how many it were."""
    old = sa.select(entries.c.number).where(entries.c.log_id == log_id)
    if before is not None:
        old = old.where(entries.c.time < before)
    return tx.execute(entries.delete().where(entries.c.number.in_(old.limit(most)))).rowcount


def remove_log_group(tx: sa.Connection, id: str) -> None:
    """Remove a log group."""
    tx.execute(log_groups.table.delete().where(log_groups.table.c.id == id))


def remove_log(tx: sa.Connection, id: str) -> None:
    """Remove a log, and keep that its entries are still to be removed."""
    tx.execute(logs.table.delete().where(logs.table.c.id == id))
    tx.execute(deleted_logs.insert().values(id=id))


def taking(tx: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Return those of some logs that are there and enabled."""
    wanted = list(ids)
    if not wanted:
        return set()
    table = logs.table.c
    query = sa.select(table.id).where(table.id.in_(wanted), table.lifecycle_state == "ACTIVE")
    return set(tx.execute(query).scalars())


def logs_in(tx: sa.Connection, *, compartment_id: str, log_group_id: str | None = None) -> Sequence[Log]:
    """Return the logs of a compartment, or of one log group in it."""
    table = logs.table.c
    conditions = [table.compartment_id == compartment_id]
    if log_group_id is not None:
        conditions.append(table.log_group_id == log_group_id)
    return logs.where(tx, *conditions)
