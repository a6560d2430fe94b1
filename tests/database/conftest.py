"""A migrated database, and projects to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.lifecycle import ProjectState
from modelyard.resources.project import Project

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Make a database with the newest schema."""
    made = Database(tmp_path / "yard.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture(scope="session")
def project() -> Callable[..., Project]:
    """Make a project, with whatever is not said as usual."""

    def make(**changes) -> Project:
        fields = {
            "id": ids.mint(ids.PROJECT),
            "time_created": NOON,
            "display_name": "p",
            "compartment_id": "c",
            "created_by": "u",
            "lifecycle_state": ProjectState.ACTIVE,
            **changes,
        }
        return Project(**fields)

    return make
