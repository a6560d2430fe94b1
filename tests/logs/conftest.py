"""A migrated database, a clock that tests move, and logs to write to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.database.records import microseconds
from modelyard.database.retry_tokens import Repeatable
from modelyard.logs import store
from modelyard.logs.service import Logging, logging_services
from modelyard.resources.logging import CreateLogDetails, CreateLogGroupDetails

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
COMPARTMENT = "ocid1.compartment.oc98..c"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Move it on."""
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Make a database with the newest schema."""
    made = Database(tmp_path / "yard.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def logging(database: Database, clock: Clock) -> Logging:
    """The services."""
    return logging_services(database, tenancy_id="t", endpoint="http://127.0.0.1", clock=clock)


def _again() -> Repeatable:
    return Repeatable(caller="u", token=None, operation="o", request=b"")


@pytest.fixture
def new_log(logging: Logging) -> Callable[..., tuple[str, str]]:
    """Makes a log in a group of its own, or in one that is given; returns the group and the log."""
    count = iter(range(10_000))

    def identifier(request: str) -> str:
        with logging.database.read() as tx:
            found = store.work_requests.find(tx, request)
        assert found is not None
        return found.noun.resources[0].identifier

    def make(group: str | None = None, **fields: object) -> tuple[str, str]:
        if group is None:
            details = CreateLogGroupDetails(compartment_id=COMPARTMENT, display_name=f"g{next(count)}")
            group = identifier(logging.groups.create(details, again=_again()))
        log = CreateLogDetails(display_name=f"l{next(count)}", log_type="CUSTOM")
        return group, identifier(logging.logs.create(group, msgspec.structs.replace(log, **fields), again=_again()))

    return make


@pytest.fixture
def messages(database: Database) -> Callable[[str], list[str]]:
    """Gives the messages of a log's entries, in order of time."""

    def read(log_id: str) -> list[str]:
        with database.read() as tx:
            found = store.entries_between(tx, log_id, start=0, end=microseconds(NOON) * 2, descending=False)
            return [msgspec.json.decode(entry.data)["message"] for entry in found]

    return read


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a megabyte; where that is not allowed, skip."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
