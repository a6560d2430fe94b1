"""Transactions: whole or not at all, durable, and readers that writers do not disturb."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelyard.catalog.store import projects
from modelyard.database.engine import Database
from modelyard.errors import InsufficientStorage, ServiceUnavailable


def _count(tx: sa.Connection) -> int:
    return tx.execute(sa.select(sa.func.count()).select_from(projects.table)).scalar_one()


def test_a_transaction_that_raises_leaves_nothing(database: Database, project) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        projects.add(tx, project())
        raise RuntimeError
    with database.read() as tx:
        assert _count(tx) == 0


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database, project) -> None:
    with database.read() as reader:
        assert _count(reader) == 0
        with database.write() as writer:
            projects.add(writer, project())
        assert _count(reader) == 0
    with database.read() as reader:
        assert _count(reader) == 1


def test_what_a_writer_has_read_stays_true_until_it_commits(database: Database, project) -> None:
    row = project(description="0")
    with database.write() as tx:
        projects.add(tx, row)
    begin = threading.Barrier(4)

    def increment() -> None:
        begin.wait(10)
        for _ in range(10):
            with database.write() as tx:
                found = projects.find(tx, row.id)
                assert found is not None
                number = int(found.noun.description or "")
                projects.replace(tx, project(id=row.id, description=str(number + 1)))

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as tx:
        found = projects.find(tx, row.id)
    assert found is not None
    assert found.noun.description == "40"
    assert found.etag.endswith("-41")


def test_the_file_is_in_wal_mode_and_commits_are_synced(database: Database, tmp_path: Path) -> None:
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    connection = sqlite3.connect(tmp_path / "yard.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_full_database_says_so_and_goes_on_when_there_is_space(database: Database, project) -> None:
    with database.read() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(number: int) -> None:
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {number}")

    limit(pages)
    with pytest.raises(InsufficientStorage, match="free some space"), database.write() as tx:
        for _ in range(200):
            projects.add(tx, project(description="x" * 4000))
    with database.read() as tx:
        assert _count(tx) == 0
    limit(pages + 10_000)
    with database.write() as tx:
        projects.add(tx, project())


def test_another_trouble_of_the_database_is_not_called_a_full_disk(database: Database) -> None:
    with pytest.raises(sa.exc.OperationalError), database.write() as tx:
        tx.exec_driver_sql("SELECT * FROM nowhere")


def test_a_writer_who_waits_too_long_is_told_to_come_again(tmp_path: Path) -> None:
    first, second = Database(tmp_path / "db"), Database(tmp_path / "db", patience=0.05)
    with first.write(), pytest.raises(ServiceUnavailable, match="send it again"), second.write():
        pass
    with second.write():
        pass
    first.close()
    second.close()
