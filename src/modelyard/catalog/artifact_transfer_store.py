"""The table of the transfers of artifacts that go on. A transfer's bytes are a content with its work request's id."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import microseconds
from modelyard.objectstore import contents

transfers = sa.Table(
    "artifact_transfers",
    metadata,
    sa.Column("work_request_id", sa.Text, primary_key=True),
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), nullable=False),
    sa.Column("direction", sa.Text, nullable=False, comment="export into the catalog, or import from it"),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("bucket", sa.Text, nullable=False),
    sa.Column("object_name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("time_accepted", sa.BigInteger, nullable=False),
)


Direction = Literal["export", "import"]
"""Into the catalog, or from it."""


class Transfer(NamedTuple):
    """Be a transfer that was accepted and has not ended."""

    work_request_id: str
    model_id: str
    direction: Direction
    namespace: str
    bucket: str
    object_name: str
    size: int
    """How many bytes go over."""


def add(tx: sa.Connection, transfer: Transfer, *, now: datetime) -> None:
    """Insert a transfer."""
    tx.execute(transfers.insert().values(**transfer._asdict(), time_accepted=microseconds(now)))


def oldest(tx: sa.Connection) -> Transfer | None:
    """Return the transfer that waits longest."""
    columns = [transfers.c[name] for name in Transfer._fields]
    row = tx.execute(sa.select(*columns).order_by(transfers.c.time_accepted, transfers.c.work_request_id)).first()
    return Transfer(*row) if row else None


def goes_on(tx: sa.Connection, work_request_id: str) -> bool:
    """Tell whether a transfer has not ended."""
    key = transfers.c.work_request_id
    return tx.execute(sa.select(key).where(key == work_request_id)).first() is not None


def remove(tx: sa.Connection, work_request_id: str) -> list[str]:
    """Remove a transfer and what is left of its content; return the digests of its blobs."""
    tx.execute(transfers.delete().where(transfers.c.work_request_id == work_request_id))
    return contents.remove_segments(tx, work_request_id)
