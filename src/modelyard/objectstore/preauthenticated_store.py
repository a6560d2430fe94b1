"""The table of pre-authenticated requests; of a token, its digest is kept alone."""

from __future__ import annotations

import hashlib

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.resources.object_storage import PreauthenticatedRequestSummary

preauthenticated_requests = sa.Table(
    "preauthenticated_requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("bucket_id", sa.Text, sa.ForeignKey("buckets.id"), nullable=False),
    sa.Column("token_digest", sa.Text, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("token_digest"),
    sa.Index("ix_preauthenticated_requests_bucket_id_id", "bucket_id", "id"),
)

_table = preauthenticated_requests.c


def add(tx: sa.Connection, bucket_id: str, request: PreauthenticatedRequestSummary, *, token: str) -> None:
    """Insert a pre-authenticated request."""
    record = msgspec.json.encode(request)
    tx.execute(
        preauthenticated_requests.insert().values(
            id=request.id, bucket_id=bucket_id, token_digest=_digest(token), record=record
        )
    )


def find(tx: sa.Connection, bucket_id: str, id: str) -> PreauthenticatedRequestSummary | None:
    """Return one by its id."""
    return _one(tx, _table.bucket_id == bucket_id, _table.id == id)


def find_by_token(tx: sa.Connection, bucket_id: str, token: str) -> PreauthenticatedRequestSummary | None:
    """Return one by its token."""
    return _one(tx, _table.bucket_id == bucket_id, _table.token_digest == _digest(token))


def of_bucket(tx: sa.Connection, bucket_id: str, *, start: str) -> list[PreauthenticatedRequestSummary]:
    """Return those of a bucket from an id on, by id."""
    wanted = (_table.bucket_id == bucket_id, _table.id >= start)
    rows = tx.execute(sa.select(_table.record).where(*wanted).order_by(_table.id))
    return [msgspec.json.decode(record, type=PreauthenticatedRequestSummary) for (record,) in rows]


def remove(tx: sa.Connection, id: str) -> None:
    """Remove one."""
    tx.execute(preauthenticated_requests.delete().where(_table.id == id))


def remove_all(tx: sa.Connection, bucket_id: str) -> None:
    """Remove those of a bucket."""
    tx.execute(preauthenticated_requests.delete().where(_table.bucket_id == bucket_id))


def _one(tx: sa.Connection, *wanted: sa.ColumnElement[bool]) -> PreauthenticatedRequestSummary | None:
    record = tx.execute(sa.select(_table.record).where(*wanted)).scalar()
    return msgspec.json.decode(record, type=PreauthenticatedRequestSummary) if record else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
