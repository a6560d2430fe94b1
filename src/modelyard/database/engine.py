"""The database as readers and writers see it: ``read()`` and ``write()`` transactions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from modelyard.errors import InsufficientStorage, ServiceUnavailable

_PATIENCE = 30.0
"""How long to wait for another's lock, in seconds."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the service; the stores add theirs."""


class Database:
    """Be a SQLite file in WAL mode: any number of readers beside one writer.

    A write transaction takes the write lock at its begin, so that what it has read stays true until it commits; a
    commit is on disk when it returns.

    Args:
        file: The file; made when missing.
        patience: How long to wait for another's lock, in seconds.
    """

    def __init__(self, file: Path, *, patience: float = _PATIENCE) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._patience = patience
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(file)), connect_args={"timeout": patience, "check_same_thread": False}
        )
        sa.event.listen(self._engine, "connect", _prepare)
        sa.event.listen(self._engine, "begin", _begin)
        self._writing = self._engine.execution_options(write=True)

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations."""
        return self._writing

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a transaction that sees one state of the database."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a transaction that may write; it commits at the end, or does nothing if it raises.

        Raises:
            InsufficientStorage: The disk is full.
            ServiceUnavailable: Others have written for so long that this one did not begin; nothing was done.
        """
        try:
            with self._writing.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            if "disk is full" in str(error.orig) or "disk I/O error" in str(error.orig):
                raise InsufficientStorage(
                    "The disk of the service is full: free some space and send it again."
                ) from error
            if "locked" in str(error.orig):
                raise ServiceUnavailable(
                    f"The database was busy with other changes for {self._patience:g} s, and this one was not made: "
                    "send it again."
                ) from error
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    _use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode, which the file then keeps; of several that do so at once, SQLite lets all but one fail."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
