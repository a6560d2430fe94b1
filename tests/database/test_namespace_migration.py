"""The migration that gives buckets a namespace, over a database that has buckets and objects."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import modelyard.database.migrations as scripts
from modelyard.database.engine import Database

BUCKET = '{"namespace":"yown","name":"b","compartmentId":"c"}'


def _move(database: Database, to: str, *, up: bool = True) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(scripts.__file__).parent))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, to)


def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.read() as tx:
        return [tuple(row) for row in tx.exec_driver_sql(query)]


def test_buckets_and_their_objects_outlive_the_way_up_and_down(tmp_path: Path) -> None:
    database = Database(tmp_path / "yard.db")
    _move(database, "0005")
    with database.write() as tx:
        tx.execute(
            sa.text("INSERT INTO buckets (id, name, compartment_id, record) VALUES ('1', 'b', 'c', :record)"),
            {"record": BUCKET.encode()},
        )
        tx.exec_driver_sql("INSERT INTO objects VALUES ('1', 'o', 'content', 'etag', 0, 'md5', 1, 1, '{}')")
    _move(database, "0006")
    assert _rows(database, "SELECT id, namespace, name FROM buckets") == [("1", "yown", "b")]
    with database.write() as tx:
        published = "INSERT INTO buckets VALUES ('2', 'id19sfcrra6z', 'b', 'c', '{}')"
        tx.exec_driver_sql(published)
        tx.exec_driver_sql("INSERT INTO objects VALUES ('2', 'index', 'other', 'etag', 0, 'md5', 1, 1, '{}')")
    _move(database, "0005", up=False)
    assert _rows(database, "SELECT id, name FROM buckets") == [("1", "b")]
    _move(database, "head")
    assert _rows(database, "SELECT id, namespace FROM buckets") == [("1", "yown")]
    assert _rows(database, "SELECT bucket_id, name FROM objects") == [("1", "o")]
    assert _rows(database, "PRAGMA foreign_key_check") == []
    database.close()
