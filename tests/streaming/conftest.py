"""Streams over a real database, at a time that stands still unless told."""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.streaming import (
    CreateCursorDetails,
    CreateGroupCursorDetails,
    CreateStreamDetails,
    Message,
    PutMessagesDetailsEntry,
    PutMessagesResult,
    Stream,
)
from modelyard.streaming.expiry import Expiry
from modelyard.streaming.service import Streaming, streaming


def once() -> Repeatable:
    """Return a request without a token."""
    return Repeatable(caller="user", token=None, operation="any", request=b"")


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


@dataclass
class Yard:
    """Be streams and what they stand on."""

    file: Path
    """A migrated database."""

    now: datetime = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    users: dict[str, str] = field(default_factory=dict)
    """Stream → the deployment that uses it."""

    database: Database = field(init=False)
    streaming: Streaming = field(init=False)
    expiry: Expiry = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.file)
        self.streaming = streaming(
            self.database,
            endpoint="http://127.0.0.1:8585",
            clock=lambda: self.now,
            used_by=lambda _tx, id: self.users.get(id),
        )
        self.expiry = Expiry(self.database, clock=lambda: self.now)

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def stream(self, *, partitions: int = 1, **fields: object) -> Stream:
        fields = {"name": str(uuid.uuid4()), **fields}
        if "stream_pool_id" not in fields:
            fields.setdefault("compartment_id", "c")
        details = CreateStreamDetails(partitions=partitions, **fields)
        return self.streaming.streams.create(details, again=once()).noun

    def put(self, stream_id: str, *values: bytes, key: bytes | None = None) -> PutMessagesResult:
        entries = [
            PutMessagesDetailsEntry(value=text(value), key=None if key is None else text(key)) for value in values
        ]
        return self.streaming.messages.put(stream_id, entries)

    def cursor(self, stream_id: str, type: str = "TRIM_HORIZON", *, partition: str = "0", **fields: object) -> str:
        details = CreateCursorDetails(partition=partition, type=type, **fields)
        return self.streaming.messages.cursor(stream_id, details)

    def group_cursor(self, stream_id: str, type: str = "TRIM_HORIZON", **fields: object) -> str:
        fields = {"group_name": "group", "instance_name": "one", **fields}
        return self.streaming.groups.cursor(stream_id, CreateGroupCursorDetails(type=type, **fields))

    def get(self, stream_id: str, cursor: str, *, limit: int = 10_000) -> tuple[list[Message], str]:
        answer = self.streaming.messages.get(stream_id, cursor, limit=limit)
        return answer.messages, answer.cursor

    def values(self, stream_id: str, cursor: str, *, limit: int = 10_000) -> tuple[list[bytes], str]:
        """Return what messages say, and the next cursor."""
        messages, following = self.get(stream_id, cursor, limit=limit)
        return [base64.b64decode(message.value) for message in messages], following


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied: to migrate one takes a while."""
    file = tmp_path_factory.mktemp("migrated") / "yard.db"
    database = Database(file)
    migrate(database)
    database.close()
    return file


@pytest.fixture
def yard(migrated: Path, tmp_path: Path) -> Iterator[Yard]:
    """Make empty streams."""
    made = Yard(shutil.copy(migrated, tmp_path / "yard.db"))
    yield made
    made.database.close()
