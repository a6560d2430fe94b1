"""The messages of one partition: appended at its end, read from anywhere, removed from its beginning.

Offsets have no gaps and times never run backwards, so that a moment is found among them by halving.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.streaming.store import messages, partitions


@dataclass(frozen=True)
class Partition:
    """Be a partition as it stands."""

    id: int
    number: int
    next_offset: int
    last_time: int


@dataclass(frozen=True)
class Entry:
    """Be what is to be kept of a message."""

    value: bytes
    key: bytes | None = None


@dataclass(frozen=True)
class Kept:
    """Be a message as it is kept; its time in microseconds since the epoch."""

    offset: int
    time: int
    key: bytes | None
    value: bytes


def add_partitions(tx: sa.Connection, stream_id: str, count: int) -> None:
    """Make the empty partitions of a new stream."""
    rows = [{"stream_id": stream_id, "number": number, "next_offset": 0, "last_time": 0} for number in range(count)]
    tx.execute(partitions.insert(), rows)


def partitions_of(tx: sa.Connection, stream_id: str) -> list[Partition]:
    """Return the partitions of a stream, in the order of their numbers."""
    columns = partitions.c
    rows = tx.execute(
        sa.select(columns.id, columns.number, columns.next_offset, columns.last_time)
        .where(columns.stream_id == stream_id)
        .order_by(columns.number)
    )
    return [Partition(*row) for row in rows]


def append(tx: sa.Connection, partition: Partition, entries: Sequence[Entry], *, now: int) -> tuple[int, int]:
    """Put messages at the end of a partition; return the offset of the first, and the time of them all."""
    first, moment = partition.next_offset, max(now, partition.last_time)
    tx.execute(
        messages.insert(),
        [
            {"partition_id": partition.id, "offset": offset, "time": moment, "key": entry.key, "value": entry.value}
            for offset, entry in enumerate(entries, first)
        ],
    )
    tx.execute(
        partitions.update()
        .where(partitions.c.id == partition.id)
        .values(next_offset=first + len(entries), last_time=moment)
    )
    return first, moment


def read(tx: sa.Connection, partition: Partition, *, start: int, limit: int) -> Iterator[Kept]:
    """Give messages from an offset on; whoever has enough stops."""
    columns = messages.c
    query = (
        sa.select(columns.offset, columns.time, columns.key, columns.value)
        .where(columns.partition_id == partition.id, columns.offset >= start)
        .order_by(columns.offset)
        .limit(limit)
        .execution_options(yield_per=64)
    )
    with tx.execute(query) as rows:
        for row in rows:
            yield Kept(*row)


def oldest(tx: sa.Connection, partition: Partition) -> int:
    """Return the offset of the oldest message that is there, expired or not; that of the next one if none is."""
    columns = messages.c
    found = tx.execute(sa.select(sa.func.min(columns.offset)).where(columns.partition_id == partition.id)).scalar()
    return partition.next_offset if found is None else int(found)


def offset_at(tx: sa.Connection, partition: Partition, moment: int) -> int:
    """Return the offset of the first message that is not older than a moment; that of the next one if all are."""
    low, high = oldest(tx, partition), partition.next_offset
    while low < high:
        middle = (low + high) // 2
        if _time_of(tx, partition, middle) < moment:
            low = middle + 1
        else:
            high = middle
    return low


def remove_before(tx: sa.Connection, partition: Partition, offset: int, *, most: int) -> int:
    """Remove the oldest messages, up to an offset and no more than so many; return how many there were."""
    columns = messages.c
    first = (
        sa.select(columns.offset)
        .where(columns.partition_id == partition.id, columns.offset < offset)
        .order_by(columns.offset)
        .limit(most)
    )
    query = messages.delete().where(columns.partition_id == partition.id, columns.offset.in_(first))
    return tx.execute(query).rowcount


def _time_of(tx: sa.Connection, partition: Partition, offset: int) -> int:
    columns = messages.c
    query = sa.select(columns.time).where(columns.partition_id == partition.id, columns.offset == offset)
    return int(tx.execute(query).scalar_one())
