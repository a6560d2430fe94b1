"""Namespaces and their buckets: the rules."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.errors import (
    BucketAlreadyExists,
    BucketNotEmpty,
    BucketNotFound,
    InvalidParameter,
    MethodNotImplemented,
    NamespaceNotFound,
    NotFound,
)
from modelyard.objectstore import preauthenticated_store, store, upload_store
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.names import check_bucket_name
from modelyard.resources.noun import given
from modelyard.resources.object_storage import (
    Bucket,
    CreateBucketDetails,
    NamespaceMetadata,
    UpdateBucketDetails,
    UpdateNamespaceMetadataDetails,
)

Clock = Callable[[], datetime]
Approximate = Literal["approximateCount", "approximateSize", "autoTiering"]

_WORDS = {
    "auto_tiering": ("Disabled", "InfrequentAccess"),
    "bucket_scope": ("NAMESPACE", "REGION"),
}


def namespace_of(tenancy_id: str) -> str:
    """Return the name of a tenancy's one namespace: twelve letters and digits that stay."""
    digest = hashlib.sha256(tenancy_id.encode()).digest()
    return "y" + b32encode(digest).decode("ascii").lower()[:11]


class Buckets:
    """Keep the buckets of an installation's own namespace, and show those that the service publishes.

    Args:
        database: Where rows are.
        namespace: The name of the own namespace.
        compartment_id: Where buckets go that come by other protocols, unless something else was set.
        clock: The time, with its zone.
        published: Namespaces that can be read and not written.
    """

    def __init__(
        self,
        database: Database,
        *,
        namespace: str,
        compartment_id: str,
        clock: Clock,
        published: frozenset[str] = frozenset(),
    ) -> None:
        self._published = published
        self._database = database
        self._compartment_id = compartment_id
        self._clock = clock
        self.namespace = namespace

    # ── the namespace ────────────────────────────────────────────────────────────────────────────────────────────────

    def check_namespace(self, namespace: str) -> None:
        """Raise NamespaceNotFound for any namespace but the own one and those that are published."""
        if namespace != self.namespace and namespace not in self._published:
            raise NamespaceNotFound(f"There is no namespace {namespace[:80]!r}; the one here is {self.namespace!r}.")

    def check_own(self, namespace: str) -> None:
        """Raise NotFound for any namespace but the own one: nobody writes to what the service publishes."""
        self.check_namespace(namespace)
        if namespace != self.namespace:
            raise NotFound(f"The namespace {namespace} is the service's: it can be read, and nothing can be changed.")

    def is_published(self, namespace: str) -> bool:
        """Tell whether whatever is in a namespace is there for all to read."""
        return namespace in self._published

    def get_namespace(self, namespace: str) -> NamespaceMetadata:
        """Return what is set for the namespace."""
        self.check_own(namespace)
        with self._database.read() as tx:
            return self._namespace(tx)

    def update_namespace(self, namespace: str, details: UpdateNamespaceMetadataDetails) -> NamespaceMetadata:
        """Change what the details name."""
        self.check_own(namespace)
        with self._database.write() as tx:
            changed = msgspec.structs.replace(self._namespace(tx), **given(details))
            store.put_namespace(tx, changed)
            return changed

    def _namespace(self, tx: sa.Connection) -> NamespaceMetadata:
        return store.find_namespace(tx, self.namespace) or NamespaceMetadata(
            namespace=self.namespace,
            default_s3_compartment_id=self._compartment_id,
            default_swift_compartment_id=self._compartment_id,
        )

    # ── buckets ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def create(self, namespace: str, details: CreateBucketDetails, *, caller: str) -> Bucket:
        """Create a bucket."""
        self.check_own(namespace)
        check_bucket_name(details.name)
        _refuse_keys(details)
        _check_words(details)
        bucket = Bucket(
            namespace=self.namespace,
            name=details.name,
            compartment_id=details.compartment_id,
            metadata=details.metadata or {},
            created_by=caller,
            time_created=self._clock(),
            etag=new_etag(),
            public_access_type=details.public_access_type or "NoPublicAccess",
            storage_tier=details.storage_tier or "Standard",
            object_events_enabled=bool(details.object_events_enabled),
            freeform_tags=details.freeform_tags or {},
            defined_tags=details.defined_tags or {},
            replication_enabled=False,
            is_read_only=False,
            id=ids.mint(ids.BUCKET),
            versioning=details.versioning or "Disabled",
            auto_tiering="InfrequentAccess" if details.auto_tiering == "InfrequentAccess" else "Disabled",
            bucket_scope="REGION" if details.bucket_scope == "REGION" else "NAMESPACE",
        )
        with self._database.write() as tx:
            _refuse_taken(tx, self.namespace, details.name)
            store.add_bucket(tx, bucket)
        return bucket

    def get(self, namespace: str, name: str, *, fields: frozenset[Approximate] = frozenset()) -> Bucket:
        """Return a bucket, with how much is in it where that is asked for."""
        with self._database.read() as tx:
            bucket = self.find(tx, namespace, name)
            if not fields & {"approximateCount", "approximateSize"}:
                return bucket
            count, size = store.count_and_size(tx, id_of(bucket))
        return msgspec.structs.replace(
            bucket,
            approximate_count=count if "approximateCount" in fields else None,
            approximate_size=size if "approximateSize" in fields else None,
        )

    def find(self, tx: sa.Connection, namespace: str, name: str) -> Bucket:
        """Return a bucket, in the caller's transaction.

        Raises:
            NamespaceNotFound, BucketNotFound: It is not there.
        """
        self.check_namespace(namespace)
        bucket = store.find_bucket(tx, namespace, name)
        if bucket is None:
            raise BucketNotFound(f"There is no bucket {name[:80]!r} in the namespace {namespace!r}: create it first.")
        return bucket

    def find_own(self, tx: sa.Connection, namespace: str, name: str) -> Bucket:
        """Return a bucket to change something in, in the caller's transaction.

        Raises:
            NotFound: It is not there, or is the service's.
        """
        self.check_own(namespace)
        return self.find(tx, namespace, name)

    def page(self, namespace: str, compartment_id: str, *, start: str, limit: int) -> list[Bucket]:
        """Return the buckets of a compartment from a name on, by name."""
        self.check_namespace(namespace)
        with self._database.read() as tx:
            return store.bucket_page(tx, namespace, compartment_id, start=start, limit=limit)

    def update(self, namespace: str, name: str, details: UpdateBucketDetails, *, if_match: str | None) -> Bucket:
        """Change what the details name."""
        if details.namespace is not None:
            self.check_own(details.namespace)
        _refuse_keys(details)
        _check_words(details)
        with self._database.write() as tx:
            bucket = self.find_own(tx, namespace, name)
            Conditions(if_match).check_match(bucket.etag, name=f"The bucket {name}")
            if details.name is not None and details.name != name:
                check_bucket_name(details.name)
                _refuse_taken(tx, namespace, details.name)
            changed = msgspec.structs.replace(bucket, **given(details), etag=new_etag())
            store.replace_bucket(tx, changed)
            return changed

    def delete(self, namespace: str, name: str, *, if_match: str | None) -> None:
        """Delete an empty bucket, and the pre-authenticated requests for it."""
        with self._database.write() as tx:
            bucket = self.find_own(tx, namespace, name)
            bucket_id = id_of(bucket)
            Conditions(if_match).check_match(bucket.etag, name=f"The bucket {name}")
            if store.has_objects(tx, bucket_id):
                raise BucketNotEmpty(f"The bucket {name} has objects: delete them first.")
            if upload_store.upload_page(tx, bucket_id, start="", limit=1):
                raise BucketNotEmpty(f"The bucket {name} has multipart uploads: commit or abort them first.")
            preauthenticated_store.remove_all(tx, bucket_id)
            store.remove_bucket(tx, bucket_id)


def id_of(bucket: Bucket) -> str:
    """Return the id of a bucket that is kept here."""
    assert bucket.id is not None
    return bucket.id


def new_etag() -> str:
    """Return an etag that no write had before."""
    return ids.unguessable()


def _refuse_taken(tx: sa.Connection, namespace: str, name: str) -> None:
    if store.find_bucket(tx, namespace, name) is not None:
        raise BucketAlreadyExists(f"There is a bucket {name!r} already: use it, or another name.")


def _refuse_keys(details: CreateBucketDetails | UpdateBucketDetails) -> None:
    if details.kms_key_id:
        raise MethodNotImplemented("There is no vault here and nothing is encrypted by its keys: leave kmsKeyId out.")


def _check_words(details: CreateBucketDetails | UpdateBucketDetails) -> None:
    for field, words in _WORDS.items():
        value = getattr(details, field)
        if value is not None and value not in words:
            raise InvalidParameter(f"{field} is {value[:40]!r}; it takes {' or '.join(words)}.")
