"""The migration of how far log files were read, over a database that has read some."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import modelyard.database.migrations as scripts
from modelyard.database.engine import Database
from modelyard.logs import readings
from modelyard.logs.reading import Reading, kept_beside, read_piece


def _move(database: Database, to: str, *, up: bool = True) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(scripts.__file__).parent))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, to)


def _marks(database: Database) -> list[bytes]:
    with database.read() as tx:
        return [row.mark for row in tx.exec_driver_sql("SELECT mark FROM log_readings")]


@pytest.mark.parametrize("text", [b"2026 what was read before\n" * 9, b"\n" * 200, b"\xff\n", b""])
def test_a_file_that_was_emptied_once_is_read_on_and_not_again(tmp_path: Path, text: bytes) -> None:
    path, mark = tmp_path / "x.log", text[-64:]
    path.write_bytes(text + b"new\n")
    kept_beside(path).write_bytes(b"older lines\n" * 1000)
    database = Database(tmp_path / "yard.db")
    _move(database, "0009")
    with database.write() as tx:
        tx.exec_driver_sql("INSERT INTO log_readings VALUES ('x.log', ?, ?, 0, NULL)", (len(text), mark))
    _move(database, "head")
    with database.read() as tx:
        reading = readings.all_of(tx)["x.log"]
    assert reading == Reading(read_to=len(text), mark=mark)
    assert read_piece(path, reading, is_complete=False).lines == ["new"]
    _move(database, "0009", up=False)
    assert _marks(database) == [mark]
    database.close()


def test_what_is_known_of_the_file_beside_goes_on_the_way_down(tmp_path: Path) -> None:
    database = Database(tmp_path / "yard.db")
    _move(database, "head")
    with database.write() as tx:
        readings.keep(tx, "x.log", Reading(9, b"the mark", False, b"sixteen bytes..."), deployment_id=None)
    _move(database, "0009", up=False)
    assert _marks(database) == [b"the mark"]
    database.close()
