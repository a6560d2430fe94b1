"""Migrations: they lead to the very schema that the code speaks of."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import modelyard.database.migrations as scripts

# every table of the service registers itself
from modelyard.catalog import artifact_transfer_store, artifact_upload_store, group_store, pinned_objects
from modelyard.catalog import store as catalog_store
from modelyard.database import retry_tokens
from modelyard.database.engine import Database, metadata
from modelyard.database.migrate import HEAD, current_revision, migrate
from modelyard.deployments import store as deployment_store
from modelyard.errors import ConfigurationError
from modelyard.logs import store as log_store
from modelyard.objectstore import contents, preauthenticated_store, upload_store
from modelyard.objectstore import store as object_store
from modelyard.streaming import store as streaming_store
from modelyard.workrequests import store as work_request_store

STORES = (
    catalog_store,
    artifact_transfer_store,
    artifact_upload_store,
    group_store,
    pinned_objects,
    contents,
    retry_tokens,
    deployment_store,
    work_request_store,
    object_store,
    upload_store,
    preauthenticated_store,
    streaming_store,
    log_store,
)


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(scripts.__file__).parent))
    return ScriptDirectory.from_config(config)


def _schema(file: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    connection.close()
    return rows


def test_the_migrated_schema_is_the_one_that_the_code_speaks_of(database: Database) -> None:
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_has_a_primary_key_and_named_constraints() -> None:
    for table in metadata.tables.values():
        assert table.primary_key.columns, table.name
        assert table.primary_key.name == f"pk_{table.name}"


def test_the_head_is_the_newest_script() -> None:
    assert _scripts().get_heads() == [HEAD]


def test_the_scripts_form_one_line_in_the_order_of_their_numbers() -> None:
    line = [script.revision for script in _scripts().walk_revisions()][::-1]
    assert line == sorted(line)
    assert all(len(_scripts().get_revision(revision).nextrev) <= 1 for revision in line)
    assert all(Path(_scripts().get_revision(revision).path).name.startswith(f"{revision}_") for revision in line)


def test_a_new_database_has_no_revision_and_gets_the_head(tmp_path: Path) -> None:
    database = Database(tmp_path / "deep" / "er" / "yard.db")
    assert current_revision(database) is None
    migrate(database)
    assert current_revision(database) == HEAD
    database.close()


def test_migrating_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    before = _schema(tmp_path / "yard.db")
    migrate(database)
    assert _schema(tmp_path / "yard.db") == before


def test_migrating_again_does_not_even_load_alembic(database: Database, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from modelyard.database.engine import Database\n"
        "from modelyard.database.migrate import migrate\n"
        "migrate(Database(Path(sys.argv[1])))\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "yard.db")], check=True, timeout=60)


def test_two_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    databases = [Database(tmp_path / "yard.db") for _ in range(3)]
    begin = threading.Barrier(len(databases))
    failures: list[BaseException] = []

    def run(database: Database) -> None:
        begin.wait(10)
        try:
            migrate(database)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert {current_revision(database) for database in databases} == {HEAD}
    for database in databases:
        database.close()


def test_a_migration_that_is_killed_leaves_nothing_half_done(tmp_path: Path) -> None:
    file = tmp_path / "yard.db"
    database = Database(file)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE projects (id TEXT)")  # what the first script trips over
        connection.commit()
    before = _schema(file)
    try:
        migrate(database)
    except Exception as error:
        said = str(error)
    else:
        said = ""
    assert "already exists" in said
    assert _schema(file) == before
    database.close()


def test_every_migration_but_the_first_can_be_taken_back_and_done_again(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "yard.db"
    before = _schema(file)
    config = Config()
    config.set_main_option("script_location", str(Path(scripts.__file__).parent))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    assert current_revision(database) == "0001"
    migrate(database)
    assert {name for name, _ in _schema(file)} == {name for name, _ in before}


def test_specs_from_before_groups_are_taken_over_and_taken_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "old.db")
    config = Config()
    config.set_main_option("script_location", str(Path(scripts.__file__).parent))
    revision = {"model_id": "new", "artifact_digest": "sha256:1", "workers": 2}
    old = {
        "goal": "RUN",
        "target": {"revision": revision, "count": 1, "configuration": {}},
        "serving": {"revision": {**revision, "model_id": "old"}, "count": 2, "configuration": {}},
    }

    def move(to: str) -> None:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            (command.upgrade if to > "0006" else command.downgrade)(config, to)

    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        insert = "INSERT INTO model_deployments (id, time_created, version, record) VALUES ('d', 1, 1, x'7b7d')"
        connection.exec_driver_sql(insert)
        columns = "(deployment_id, model_id, serving_model_id, record)"
        connection.exec_driver_sql(
            f"INSERT INTO model_deployment_specs {columns} VALUES (?, ?, ?, ?)",
            ("d", "new", "old", json.dumps(old).encode()),
        )
    move("0007")
    with database.read() as tx:
        uses = tx.exec_driver_sql("SELECT used_id FROM model_deployment_uses WHERE deployment_id = 'd'").scalars().all()
        record = json.loads(tx.exec_driver_sql("SELECT record FROM model_deployment_specs").scalar_one())
    assert sorted(uses) == ["new", "old"]
    assert record["target"]["revisions"] == [revision]
    assert record["serving"]["revisions"][0]["model_id"] == "old"
    assert "revision" not in record["target"]
    move("0006")
    with database.read() as tx:
        row = tx.exec_driver_sql("SELECT model_id, serving_model_id, record FROM model_deployment_specs").one()
    assert (row[0], row[1], json.loads(row[2])) == ("new", "old", old)
    database.close()


def test_a_database_of_a_newer_version_is_left_alone_and_the_error_says_what_to_do(database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match=r"revision 9999 .* run the newer version"):
        migrate(database)
    assert current_revision(database) == "9999"


def test_a_file_that_is_no_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "yard.db"
    file.write_bytes(b"no database" * 100)
    database = Database(file)
    with pytest.raises(ConfigurationError, match=rf"{file} is damaged .* backup"):
        migrate(database)
    assert file.read_bytes() == b"no database" * 100
    database.close()
