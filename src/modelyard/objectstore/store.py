"""The tables of namespaces, buckets and objects.

An object's bytes are its content, which stands in a table of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, microseconds, moment, record_table
from modelyard.resources.object_storage import (
    Bucket,
    NamespaceMetadata,
    ObjectMetadata,
    StorageTier,
    StorageWorkRequest,
)

namespaces = sa.Table(
    "object_namespaces",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("record", sa.LargeBinary, nullable=False),
)

buckets = sa.Table(
    "buckets",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("compartment_id", sa.Text, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("namespace", "name"),
    sa.Index("ix_buckets_namespace_compartment_id_name", "namespace", "compartment_id", "name"),
)

objects = sa.Table(
    "objects",
    metadata,
    sa.Column("bucket_id", sa.Text, sa.ForeignKey("buckets.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("content_id", sa.Text, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("md5", sa.Text, nullable=False),
    sa.Column("time_created", sa.BigInteger, nullable=False),
    sa.Column("time_modified", sa.BigInteger, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
)

work_requests = Records(
    record_table("object_work_requests", "compartment_id", "operation_type", "status", sorts=("time_accepted",)),
    StorageWorkRequest,
)


class Headers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Be what is kept of an object beside its bytes."""

    content_type: str = "application/octet-stream"
    content_language: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    storage_tier: StorageTier = "Standard"
    metadata: ObjectMetadata = {}
    checksums: dict[str, str] = {}
    """The checksums that the client asked for, by the names of their headers."""


class StoredObject(NamedTuple):
    """Be an object as it stands in its table."""

    bucket_id: str
    name: str
    content_id: str
    etag: str
    size: int
    md5: str
    """The base64 MD5 of the bytes; of an object in parts, that of the parts' MD5s, ``-``, and how many they are."""

    time_created: datetime
    time_modified: datetime
    headers: Headers


# ── namespaces ───────────────────────────────────────────────────────────────────────────────────────────────────────


def find_namespace(tx: sa.Connection, name: str) -> NamespaceMetadata | None:
    """Return what was set for a namespace."""
    record = tx.execute(sa.select(namespaces.c.record).where(namespaces.c.name == name)).scalar()
    return msgspec.json.decode(record, type=NamespaceMetadata) if record else None


def put_namespace(tx: sa.Connection, namespace: NamespaceMetadata) -> None:
    """Write what is set for a namespace."""
    tx.execute(namespaces.delete().where(namespaces.c.name == namespace.namespace))
    tx.execute(namespaces.insert().values(name=namespace.namespace, record=msgspec.json.encode(namespace)))


# ── buckets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find_bucket(tx: sa.Connection, namespace: str, name: str) -> Bucket | None:
    """Return a bucket by its name."""
    query = sa.select(buckets.c.record).where(buckets.c.namespace == namespace, buckets.c.name == name)
    record = tx.execute(query).scalar()
    return msgspec.json.decode(record, type=Bucket) if record else None


def add_bucket(tx: sa.Connection, bucket: Bucket) -> None:
    """Insert a bucket."""
    tx.execute(buckets.insert().values(_bucket_row(bucket)))


def replace_bucket(tx: sa.Connection, bucket: Bucket) -> None:
    """Write a bucket over the one with its id."""
    tx.execute(buckets.update().where(buckets.c.id == bucket.id).values(_bucket_row(bucket)))


def remove_bucket(tx: sa.Connection, bucket_id: str) -> None:
    """Remove a bucket."""
    tx.execute(buckets.delete().where(buckets.c.id == bucket_id))


def bucket_page(tx: sa.Connection, namespace: str, compartment_id: str, *, start: str, limit: int) -> list[Bucket]:
    """Return the buckets of a compartment from a name on, by name."""
    wanted = (buckets.c.namespace == namespace, buckets.c.compartment_id == compartment_id, buckets.c.name >= start)
    rows = tx.execute(sa.select(buckets.c.record).where(*wanted).order_by(buckets.c.name).limit(limit))
    return [msgspec.json.decode(record, type=Bucket) for (record,) in rows]


def count_and_size(tx: sa.Connection, bucket_id: str) -> tuple[int, int]:
    """Return how many objects a bucket has, and how many bytes they have together."""
    total = sa.func.coalesce(sa.func.sum(objects.c.size), 0)
    row = tx.execute(sa.select(sa.func.count(), total).where(objects.c.bucket_id == bucket_id)).one()
    return int(row[0]), int(row[1])


def has_objects(tx: sa.Connection, bucket_id: str) -> bool:
    """Tell whether a bucket has an object."""
    query = sa.select(objects.c.name).where(objects.c.bucket_id == bucket_id).limit(1)
    return tx.execute(query).first() is not None


def _bucket_row(bucket: Bucket) -> dict[str, str | bytes | None]:
    return {
        "id": bucket.id,
        "namespace": bucket.namespace,
        "name": bucket.name,
        "compartment_id": bucket.compartment_id,
        "record": msgspec.json.encode(bucket),
    }


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find_object(tx: sa.Connection, bucket_id: str, name: str) -> StoredObject | None:
    """Return an object by its name."""
    row = tx.execute(sa.select(objects).where(objects.c.bucket_id == bucket_id, objects.c.name == name)).first()
    return _stored(row) if row else None


def object_page(tx: sa.Connection, bucket_id: str, *, start: str, end: str | None, limit: int) -> list[StoredObject]:
    """Return the objects whose names are at ``start`` or behind it, and before ``end``; names in the order of bytes."""
    wanted = [objects.c.bucket_id == bucket_id, objects.c.name >= start]
    if end is not None:
        wanted.append(objects.c.name < end)
    rows = tx.execute(sa.select(objects).where(*wanted).order_by(objects.c.name).limit(limit))
    return [_stored(row) for row in rows]


def add_object(tx: sa.Connection, stored: StoredObject) -> None:
    """Insert an object; its segments are written apart."""
    row = stored._asdict()
    del row["headers"]
    row["time_created"] = microseconds(stored.time_created)
    row["time_modified"] = microseconds(stored.time_modified)
    tx.execute(objects.insert().values(record=msgspec.json.encode(stored.headers), **row))


def remove_object(tx: sa.Connection, stored: StoredObject) -> None:
    """Remove an object; its segments stay."""
    tx.execute(objects.delete().where(objects.c.bucket_id == stored.bucket_id, objects.c.name == stored.name))


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredObject:
    return StoredObject(
        bucket_id=row.bucket_id,
        name=row.name,
        content_id=row.content_id,
        etag=row.etag,
        size=row.size,
        md5=row.md5,
        time_created=moment(row.time_created),
        time_modified=moment(row.time_modified),
        headers=msgspec.json.decode(row.record, type=Headers),
    )
