"""Objects: put, read, deleted, renamed and copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.errors import ModelyardError, ObjectNotFound
from modelyard.objectstore import store
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.buckets import Buckets, Clock, id_of, new_etag
from modelyard.objectstore.checksums import Checksums
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.contents import Contents, add_segments, laid_end_to_end, remove_segments
from modelyard.objectstore.names import check_object_name
from modelyard.objectstore.receiving import Received, Receiving
from modelyard.objectstore.references import remove_unused
from modelyard.objectstore.store import Headers, StoredObject
from modelyard.resources.object_storage import (
    BatchDeleteObjectsDetails,
    BatchDeleteObjectsResult,
    DeletedObjectResult,
    FailedObjectResult,
    RenameObjectDetails,
)


class Place(NamedTuple):
    """Say where an object is, or is to be."""

    namespace: str
    bucket: str
    name: str

    def __str__(self) -> str:
        return f"The object {self.name[:80]!r} in the bucket {self.bucket!r}"


@dataclass(frozen=True, kw_only=True)
class Put:
    """Say which object is to come."""

    place: Place
    headers: Headers
    conditions: Conditions
    announced: Mapping[str, str]
    """The headers of the request, which may announce checksums."""


class Objects:
    """Keep the objects of buckets.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        buckets: The buckets.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, buckets: Buckets, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._buckets = buckets
        self._clock = clock
        self._contents = Contents(database, blobs)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, put: Put) -> Receiving:
        """Return what takes the bytes.

        Raises:
            BucketNotFound, IfMatchFailed, IfNoneMatchFailed: It is clear by now that they cannot be kept.
        """
        check_object_name(put.place.name)
        checksums = Checksums(put.announced)
        with self._database.read() as tx:
            self._check_write(tx, put.place, put.conditions)
        return Receiving(self._blobs.writer(), checksums)

    def complete(self, put: Put, receiving: Receiving) -> StoredObject:
        """Make an object of the bytes that came; nothing of them is left if this raises."""
        try:
            received = receiving.finish()
            try:
                stored, freed = self._keep(put, receiving, received)
            except Exception:
                # published, and then the row did not come to be: a full disk, say
                remove_unused(self._database, self._blobs, received.digest)
                raise
        finally:
            receiving.abort()
        remove_unused(self._database, self._blobs, *freed)
        return stored

    def _keep(self, put: Put, receiving: Receiving, received: Received) -> tuple[StoredObject, list[str]]:
        now = self._clock()
        with self._database.write() as tx:  # contents before the row that names them
            stored = StoredObject(
                bucket_id=self._check_write(tx, put.place, put.conditions),
                name=put.place.name,
                content_id=ids.unguessable(),
                etag=new_etag(),
                size=received.size,
                md5=received.md5,
                time_created=now,
                time_modified=now,
                headers=msgspec.structs.replace(put.headers, checksums=received.checksums),
            )
            if received.size:  # an empty object needs no blob
                receiving.publish()
            freed = put_object(tx, stored)
            add_segments(tx, stored.content_id, laid_end_to_end([(received.size, received.digest)]))
        return stored, freed

    def _check_write(self, tx: sa.Connection, place: Place, conditions: Conditions) -> str:
        bucket_id = id_of(self._buckets.find_own(tx, place.namespace, place.bucket))
        current = store.find_object(tx, bucket_id, place.name)
        conditions.check_write(current.etag if current else None, name=str(place))
        return bucket_id

    def put_content(self, tx: sa.Connection, place: Place, *, content_id: str, size: int, md5: str) -> list[str]:
        """Make an object of a content that is there; return the digests of what had its name.

        Raises:
            NamespaceNotFound, BucketNotFound: There is no such bucket.
        """
        now = self._clock()
        stored = StoredObject(
            bucket_id=self.check_bucket(tx, place),
            name=place.name,
            content_id=content_id,
            etag=new_etag(),
            size=size,
            md5=md5,
            time_created=now,
            time_modified=now,
            headers=Headers(),
        )
        return put_object(tx, stored)

    def check_bucket(self, tx: sa.Connection, place: Place) -> str:
        """Return the id of the bucket that an object is to be in.

        Raises:
            NotFound: There is none, or it is the service's.
        """
        return id_of(self._buckets.find_own(tx, place.namespace, place.bucket))

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, place: Place, *, version_id: str | None = None) -> StoredObject:
        """Return an object.

        Raises:
            NamespaceNotFound, BucketNotFound, ObjectNotFound: It is not there.
        """
        with self._database.read() as tx:
            return self.find_in(tx, place, version_id=version_id)

    def find_in(self, tx: sa.Connection, place: Place, *, version_id: str | None = None) -> StoredObject:
        """Return an object, in the caller's transaction."""
        bucket = self._buckets.find(tx, place.namespace, place.bucket)
        stored = store.find_object(tx, id_of(bucket), place.name)
        if stored is None:
            raise ObjectNotFound(f"{place} is not there.")
        if version_id is not None and version_id != stored.content_id:
            raise ObjectNotFound(f"{place} has no version {version_id[:80]!r}; the one it has is {stored.content_id}.")
        return stored

    def read(self, stored: StoredObject, *, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of an object from ``start`` up to, not with, ``stop``, in pieces.

        Raises:
            ObjectNotFound: It was deleted or written over since it was found.
        """
        try:
            yield from self._contents.read(stored.content_id, start=start, stop=stop)
        except KeyError:
            raise ObjectNotFound(
                f"The object {stored.name[:80]!r} was deleted or written over: read it again."
            ) from None

    # ── deleting and renaming ────────────────────────────────────────────────────────────────────────────────────────

    def delete(self, place: Place, *, if_match: str | None, version_id: str | None = None) -> StoredObject:
        """Delete an object; return what it was."""
        self._buckets.check_own(place.namespace)
        with self._database.write() as tx:
            stored = self.find_in(tx, place, version_id=version_id)
            Conditions(if_match).check_match(stored.etag, name=str(place))
            store.remove_object(tx, stored)
            freed = remove_segments(tx, stored.content_id)
        remove_unused(self._database, self._blobs, *freed)
        return stored

    def delete_several(
        self, namespace: str, bucket: str, details: BatchDeleteObjectsDetails
    ) -> BatchDeleteObjectsResult:
        """Delete objects one by one; one that cannot be deleted keeps none of the others from it."""
        with self._database.read() as tx:
            self._buckets.find_own(tx, namespace, bucket)
        deleted, failed = [], []
        for each in details.objects:
            try:
                self.delete(Place(namespace, bucket, each.object_name), if_match=each.if_match)
            except ModelyardError as error:
                failed.append(
                    FailedObjectResult(
                        object_name=each.object_name, status_code=error.status, error_message=error.message
                    )
                )
            else:
                deleted.append(DeletedObjectResult(object_name=each.object_name, time_last_modified=self._clock()))
        return BatchDeleteObjectsResult(deleted=[] if details.is_skip_deleted_result else deleted, failed=failed)

    def rename(self, namespace: str, bucket: str, details: RenameObjectDetails) -> StoredObject:
        """Give an object another name; what has that name is replaced, unless the details forbid it."""
        check_object_name(details.new_name)
        source = Place(namespace, bucket, details.source_name)
        target = Place(namespace, bucket, details.new_name)
        conditions = Conditions(details.new_obj_if_match_e_tag, details.new_obj_if_none_match_e_tag)
        with self._database.write() as tx:
            stored = self.find_in(tx, source)
            Conditions(details.src_obj_if_match_e_tag).check_match(stored.etag, name=str(source))
            self._check_write(tx, target, conditions)
            renamed = stored._replace(name=target.name, etag=new_etag(), time_modified=self._clock())
            store.remove_object(tx, stored)
            freed = put_object(tx, renamed)
        remove_unused(self._database, self._blobs, *freed)
        return renamed


def put_object(tx: sa.Connection, stored: StoredObject) -> list[str]:
    """Write an object's row in the place of what had its name; return the digests of that one's blobs."""
    freed = []
    if replaced := store.find_object(tx, stored.bucket_id, stored.name):
        store.remove_object(tx, replaced)
        freed = remove_segments(tx, replaced.content_id)
    store.add_object(tx, stored)
    return freed
