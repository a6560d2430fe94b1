"""The table of the uploads of artifacts in segments.

The segments that have come are a content with the upload's id; those that are missing leave gaps in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import microseconds, moment
from modelyard.objectstore import contents
from modelyard.objectstore.contents import Segment

uploads = sa.Table(
    "artifact_uploads",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), nullable=False, index=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("time_created", sa.BigInteger, nullable=False),
)

announced = sa.Table(
    "artifact_upload_segments",
    metadata,
    sa.Column("upload_id", sa.Text, sa.ForeignKey("artifact_uploads.id"), primary_key=True),
    sa.Column("start", sa.BigInteger, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("ix_artifact_upload_segments_digest", "upload_id", "digest"),
)


class StoredUpload(NamedTuple):
    """Be an upload as it stands in its table."""

    id: str
    model_id: str
    file_name: str
    size: int
    """How many bytes the artifact has."""

    time_created: datetime


def find_upload(tx: sa.Connection, id: str) -> StoredUpload | None:
    """Return an upload."""
    row = tx.execute(sa.select(uploads).where(uploads.c.id == id)).first()
    return _stored(row) if row else None


def uploads_of(tx: sa.Connection, model_id: str) -> list[StoredUpload]:
    """Return the uploads for a model, the oldest first."""
    query = sa.select(uploads).where(uploads.c.model_id == model_id).order_by(uploads.c.time_created, uploads.c.id)
    return [_stored(row) for row in tx.execute(query)]


def begun_before(tx: sa.Connection, time: datetime) -> list[str]:
    """Return the ids of the uploads that were begun before a moment."""
    return list(tx.execute(sa.select(uploads.c.id).where(uploads.c.time_created < microseconds(time))).scalars())


def add_upload(tx: sa.Connection, upload: StoredUpload, segments: Sequence[Segment]) -> None:
    """Insert an upload and the segments that it is to have."""
    row = upload._asdict()
    row["time_created"] = microseconds(upload.time_created)
    tx.execute(uploads.insert().values(row))
    tx.execute(announced.insert(), [{"upload_id": upload.id, **segment._asdict()} for segment in segments])


def remove_upload(tx: sa.Connection, id: str) -> list[str]:
    """Remove an upload and the segments that came of it; return the digests of these."""
    tx.execute(announced.delete().where(announced.c.upload_id == id))
    tx.execute(uploads.delete().where(uploads.c.id == id))
    return contents.remove_segments(tx, id)


def remove_uploads(tx: sa.Connection, model_id: str) -> list[str]:
    """Remove the uploads for a model; return the digests of the segments that came of them."""
    return [digest for upload in uploads_of(tx, model_id) for digest in remove_upload(tx, upload.id)]


def segments_of(tx: sa.Connection, upload_id: str, *, digest: str | None = None) -> list[Segment]:
    """Return the segments that an upload is to have, or those with a digest, in order."""
    wanted = [announced.c.upload_id == upload_id]
    if digest is not None:
        wanted.append(announced.c.digest == digest)
    query = sa.select(announced.c.start, announced.c.size, announced.c.digest).where(*wanted)
    return [Segment(*row) for row in tx.execute(query.order_by(announced.c.start))]


def missing(tx: sa.Connection, upload_id: str, *, digest: str | None = None) -> list[Segment]:
    """Return those of ``segments_of`` whose bytes have not come, in order."""
    here = contents.segments.alias()
    came = sa.select(here.c.start).where(here.c.content_id == announced.c.upload_id, here.c.start == announced.c.start)
    wanted = [announced.c.upload_id == upload_id, ~came.exists()]
    if digest is not None:
        wanted.append(announced.c.digest == digest)
    query = sa.select(announced.c.start, announced.c.size, announced.c.digest).where(*wanted)
    return [Segment(*row) for row in tx.execute(query.order_by(announced.c.start))]


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredUpload:
    return StoredUpload(row.id, row.model_id, row.file_name, row.size, moment(row.time_created))
