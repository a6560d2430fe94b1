"""The tables of uploads in parts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import microseconds, moment
from modelyard.objectstore.references import blob_column
from modelyard.objectstore.store import Headers

uploads = sa.Table(
    "object_uploads",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("bucket_id", sa.Text, sa.ForeignKey("buckets.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("time_created", sa.BigInteger, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Index("ix_object_uploads_bucket_id_id", "bucket_id", "id"),
)

parts = sa.Table(
    "object_upload_parts",
    metadata,
    sa.Column("upload_id", sa.Text, sa.ForeignKey("object_uploads.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    blob_column(),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("md5", sa.Text, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
)


class StoredUpload(NamedTuple):
    """Be an upload in parts."""

    id: str
    bucket_id: str
    name: str
    time_created: datetime
    headers: Headers


class StoredPart(NamedTuple):
    """Be a part of an upload; ``md5`` is base64."""

    upload_id: str
    number: int
    digest: str
    size: int
    md5: str
    etag: str


def find_upload(tx: sa.Connection, id: str) -> StoredUpload | None:
    """Return an upload."""
    row = tx.execute(sa.select(uploads).where(uploads.c.id == id)).first()
    return _stored(row) if row else None


def upload_page(tx: sa.Connection, bucket_id: str, *, start: str, limit: int) -> list[StoredUpload]:
    """Return the uploads into a bucket from an id on, by id."""
    wanted = (uploads.c.bucket_id == bucket_id, uploads.c.id >= start)
    return [_stored(row) for row in tx.execute(sa.select(uploads).where(*wanted).order_by(uploads.c.id).limit(limit))]


def add_upload(tx: sa.Connection, upload: StoredUpload) -> None:
    """Insert an upload."""
    row = upload._asdict()
    del row["headers"]
    row["time_created"] = microseconds(upload.time_created)
    tx.execute(uploads.insert().values(record=msgspec.json.encode(upload.headers), **row))


def remove_upload(tx: sa.Connection, id: str) -> list[str]:
    """Remove an upload and its parts; return the digests of their blobs."""
    digests = list(tx.execute(sa.select(parts.c.digest).where(parts.c.upload_id == id)).scalars())
    tx.execute(parts.delete().where(parts.c.upload_id == id))
    tx.execute(uploads.delete().where(uploads.c.id == id))
    return digests


def put_part(tx: sa.Connection, part: StoredPart) -> str | None:
    """Write a part; return the digest of the blob that it had before."""
    place = (parts.c.upload_id == part.upload_id, parts.c.number == part.number)
    replaced = tx.execute(sa.select(parts.c.digest).where(*place)).scalar()
    tx.execute(parts.delete().where(*place))
    tx.execute(parts.insert().values(part._asdict()))
    return replaced


def part_page(tx: sa.Connection, upload_id: str, *, start: int, limit: int) -> list[StoredPart]:
    """Return the parts of an upload from a number on, by number."""
    rows = tx.execute(
        sa.select(*(parts.c[name] for name in StoredPart._fields))
        .where(parts.c.upload_id == upload_id, parts.c.number >= start)
        .order_by(parts.c.number)
        .limit(limit)
    )
    return [StoredPart(*row) for row in rows]


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredUpload:
    return StoredUpload(
        id=row.id,
        bucket_id=row.bucket_id,
        name=row.name,
        time_created=moment(row.time_created),
        headers=msgspec.json.decode(row.record, type=Headers),
    )
