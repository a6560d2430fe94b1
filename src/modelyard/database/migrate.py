"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.errors import ConfigurationError

HEAD = "0010"
"""The newest revision; a test holds it against the scripts."""

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Run what migrations are missing; quick, and without loading Alembic, where none is.

    Raises:
        ConfigurationError: A newer version has written the database, or the file is none.
    """
    revision = _known_revision(database)
    if revision == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _known_revision(database: Database) -> str | None:
    file = database.engine.url.database
    try:
        revision = current_revision(database)
    except sa.exc.DatabaseError as error:
        if "not a database" not in str(error.orig) and "malformed" not in str(error.orig):
            raise
        raise ConfigurationError(
            f"{file} is damaged ({error.orig}): put it back from a backup, or set MODELYARD_HOME to another folder."
        ) from error
    if revision is not None and not any((_SCRIPTS / "versions").glob(f"{revision}_*.py")):
        raise ConfigurationError(
            f"{file} is at revision {revision} and this version of modelyard knows those up to {HEAD}: run the newer "
            "version that wrote it, or set MODELYARD_HOME to another folder."
        )
    return revision


def current_revision(database: Database) -> str | None:
    """Return the revision that a database is at; None for an empty one."""
    with database.read() as tx:
        if not sa.inspect(tx).has_table("alembic_version"):
            return None
        return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
