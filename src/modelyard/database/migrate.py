"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from modelyard.database.engine import Database

HEAD = "0010"
"""The newest revision; a test holds it against the scripts."""

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Run what migrations are missing; quick, and without loading Alembic, where none is."""
    if current_revision(database) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(database: Database) -> str | None:
    """Return the revision that a database is at; None for an empty one."""
    with database.read() as tx:
        if not sa.inspect(tx).has_table("alembic_version"):
            return None
        return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
