"""Read a partition as its readers see it: without what has expired, and a piece at a time."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.resources.streaming import Stream
from modelyard.streaming import log
from modelyard.streaming.changes import HOUR
from modelyard.streaming.log import Kept, Partition

MOST_BYTES = 1024 * 1024
"""About how much is read at a time: the message that goes over it is still read."""


@dataclass(frozen=True)
class Batch:
    """Be messages of one partition, and the offset to read on from."""

    number: int
    messages: list[Kept]
    end: int

    @property
    def size(self) -> int:
        """How many bytes its keys and values have."""
        return sum(len(kept.value) + len(kept.key or b"") for kept in self.messages)


def first_kept(tx: sa.Connection, stream: Stream, partition: Partition, *, now: int) -> int:
    """Return the offset of the oldest message that has not expired; that of the next one if all have."""
    return log.offset_at(tx, partition, now - stream.retention_in_hours * HOUR)


def read_batch(
    tx: sa.Connection,
    stream: Stream,
    partition: Partition,
    *,
    start: int,
    limit: int,
    now: int,
    most_bytes: int = MOST_BYTES,
) -> Batch:
    """Return the messages from an offset on, or from the oldest that is kept where that one has expired."""
    start = max(start, first_kept(tx, stream, partition, now=now))
    found: list[Kept] = []
    size = 0
    for kept in log.read(tx, partition, start=start, limit=limit):
        found.append(kept)
        size += len(kept.value) + len(kept.key or b"")
        if size >= most_bytes:
            break
    return Batch(partition.number, found, found[-1].offset + 1 if found else start)
