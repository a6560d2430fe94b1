"""Upkeep: entries that are older than their log keeps them, or whose log is deleted, go, a small batch at a time."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.database.records import microseconds
from modelyard.logs import store
from modelyard.logs.changes import Clock
from modelyard.resources.logging import Log

log = logging.getLogger(__name__)

INTERVAL = 30.0
"""How long to wait where there is nothing to remove, in seconds."""

PAUSE = 0.02
"""How long to leave the database to others between two batches."""

BATCH = 500
"""How many entries one transaction removes: few, so that nobody waits long for the database."""


class Upkeep:
    """Remove what is not kept.

    Args:
        database: Where the entries are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let ``run`` return soon."""
        self._stopped.set()

    def run(self) -> None:
        """Remove until ``stop``; whatever goes wrong is tried again."""
        while not self._stopped.is_set():
            try:
                is_done = self.step()
            except Exception:
                log.exception("old log entries could not be removed; it is tried again")
                is_done = True
            self._stopped.wait(INTERVAL if is_done else PAUSE)

    def step(self) -> bool:
        """Remove one batch; return whether there is nothing more to remove."""
        with self._database.read() as tx:
            deleted = tx.execute(sa.select(store.deleted_logs.c.id).limit(1)).scalar()
            expired = None if deleted else self._expired(tx)
        if deleted is not None:
            self._remove_deleted(deleted)
        elif expired is not None:
            with self._database.write() as tx:
                store.remove_entries(tx, expired.id, before=self._oldest(expired), most=BATCH)
        return deleted is None and expired is None

    def _remove_deleted(self, id: str) -> None:
        with self._database.write() as tx:
            if store.remove_entries(tx, id, most=BATCH) < BATCH:
                tx.execute(store.deleted_logs.delete().where(store.deleted_logs.c.id == id))

    def _expired(self, tx: sa.Connection) -> Log | None:
        """Return a log with an entry that is too old."""
        columns = store.entries.c
        for log in store.logs.where(tx):
            old = sa.select(columns.number).where(columns.log_id == log.id, columns.time < self._oldest(log)).limit(1)
            if tx.execute(old).first() is not None:
                return log
        return None

    def _oldest(self, log: Log) -> int:
        return microseconds(self._clock() - timedelta(days=log.retention_duration))
