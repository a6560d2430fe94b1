"""Remove what has expired, and what is left of deleted streams: in the background, a little at a time."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.database.records import microseconds
from modelyard.lifecycle import StreamState
from modelyard.streaming import log, store
from modelyard.streaming.changes import Clock
from modelyard.streaming.log import Partition
from modelyard.streaming.reading import first_kept

EVERY = 60.0
"""How long to wait between two rounds, in seconds."""

AT_ONCE = 500
"""How many messages one transaction removes: writers wait no longer than for these."""

_log = logging.getLogger(__name__)


class Expiry:
    """Remove messages.

    Args:
        database: Where they are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let ``run`` return after the transaction that it is at."""
        self._stopped.set()

    def run(self) -> None:
        """Go round until ``stop``; whatever goes wrong in one round is tried again in the next."""
        while not self._stopped.wait(EVERY):
            try:
                self.sweep()
            except Exception:
                _log.exception("expired messages could not be removed; it is tried again")

    def sweep(self) -> int:
        """Go one round; return how many messages were removed."""
        with self._database.read() as tx:
            columns = store.streams.table.c
            having_partitions = sa.select(store.partitions.c.stream_id)
            streams = store.streams.where(tx, columns.id.in_(having_partitions))
        removed = 0
        for stream in streams:
            removed += self._expire(stream.id)
            if stream.lifecycle_state is StreamState.DELETED and not self._stopped.is_set():
                self._forget(stream.id)
        return removed

    def _expire(self, stream_id: str) -> int:
        removed = 0
        for number in self._due(stream_id):
            count = AT_ONCE
            while count == AT_ONCE and not self._stopped.is_set():
                count = self._expire_some(stream_id, number)
                removed += count
        return removed

    def _due(self, stream_id: str) -> list[int]:
        """Return the partitions that have something to remove; most have nothing, and no writer waits for that."""
        with self._database.read() as tx:
            partitions = log.partitions_of(tx, stream_id)
            return [each.number for each in partitions if log.oldest(tx, each) < self._end(tx, stream_id, each)]

    def _end(self, tx: sa.Connection, stream_id: str, partition: Partition) -> int:
        found = store.streams.find(tx, stream_id)
        assert found is not None
        if found.noun.lifecycle_state is StreamState.DELETED:
            return partition.next_offset
        return first_kept(tx, found.noun, partition, now=microseconds(self._clock()))

    def _expire_some(self, stream_id: str, number: int) -> int:
        with self._database.write() as tx:
            partition = log.partitions_of(tx, stream_id)[number]
            return log.remove_before(tx, partition, self._end(tx, stream_id, partition), most=AT_ONCE)

    def _forget(self, stream_id: str) -> None:
        with self._database.write() as tx:
            tx.execute(store.partitions.delete().where(store.partitions.c.stream_id == stream_id))
