"""Copies of objects: no byte is moved, two objects have the same blobs; and the work requests that tell of it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.errors import Conflict, InvalidParameter, NotFound
from modelyard.objectstore import store
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.buckets import Buckets, Clock, id_of, new_etag
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.contents import add_segments, segments_of
from modelyard.objectstore.header_values import metadata_of
from modelyard.objectstore.names import check_object_name
from modelyard.objectstore.objects import Objects, Place, put_object
from modelyard.objectstore.references import remove_unused
from modelyard.objectstore.store import Headers, StoredObject
from modelyard.resources.object_storage import (
    Bucket,
    CopyObjectDetails,
    StorageWorkRequest,
    StorageWorkRequestResource,
)
from modelyard.wire.etags import Stored
from modelyard.wire.paging import Filters, ListQuery, Page


class Copies:
    """Copy objects.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        buckets: The buckets.
        objects: The objects.
        region: The one region that objects can be copied to.
        clock: The time, with its zone.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        *,
        buckets: Buckets,
        objects: Objects,
        region: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._buckets = buckets
        self._objects = objects
        self._region = region
        self._clock = clock

    def copy(self, namespace: str, bucket: str, details: CopyObjectDetails) -> str:
        """Copy an object; return the work request, which has ended by then."""
        check_object_name(details.destination_object_name)
        if details.destination_region != self._region:
            raise InvalidParameter(
                f"destinationRegion is {details.destination_region[:80]!r}; the one region here is {self._region}."
            )
        source = Place(namespace, bucket, details.source_object_name)
        with self._database.write() as tx:
            stored = self._objects.find_in(tx, source, version_id=details.source_version_id)
            Conditions(details.source_object_if_match_e_tag).check_match(stored.etag, name=str(source))
            target_bucket = self._buckets.find_own(tx, details.destination_namespace, details.destination_bucket)
            freed = self._copy_to(tx, stored, target_bucket, details)
            request = self._record(tx, source, target_bucket, details)
        remove_unused(self._database, self._blobs, *freed)
        return request

    def _copy_to(
        self, tx: sa.Connection, stored: StoredObject, bucket: Bucket, details: CopyObjectDetails
    ) -> list[str]:
        target = Place(details.destination_namespace, bucket.name, details.destination_object_name)
        current = store.find_object(tx, id_of(bucket), target.name)
        conditions = Conditions(
            details.destination_object_if_match_e_tag, details.destination_object_if_none_match_e_tag
        )
        conditions.check_write(current.etag if current else None, name=str(target))
        now = self._clock()
        copied = stored._replace(
            bucket_id=id_of(bucket),
            name=target.name,
            content_id=ids.unguessable(),
            etag=new_etag(),
            time_created=now,
            time_modified=now,
            headers=_headers(stored.headers, details),
        )
        pieces = segments_of(tx, stored.content_id)
        freed = put_object(tx, copied)
        add_segments(tx, copied.content_id, pieces)
        return freed

    def _record(self, tx: sa.Connection, source: Place, bucket: Bucket, details: CopyObjectDetails) -> str:
        now = self._clock()
        request = StorageWorkRequest(
            id=ids.mint(ids.OBJECT_STORAGE_WORK_REQUEST),
            operation_type="COPY_OBJECT",
            status="COMPLETED",
            compartment_id=bucket.compartment_id,
            resources=[
                _resource(source, "READ"),
                _resource(Place(bucket.namespace, bucket.name, details.destination_object_name), "WRITTEN"),
            ],
            percent_complete=100.0,
            time_accepted=now,
            time_started=now,
            time_finished=now,
        )
        store.work_requests.add(tx, request)
        return request.id

    # ── work requests ────────────────────────────────────────────────────────────────────────────────────────────────

    def get_work_request(self, id: str) -> Stored[StorageWorkRequest]:
        """Return a work request."""
        with self._database.read() as tx:
            found = store.work_requests.find(tx, id)
        if found is None:
            raise NotFound(f"There is no work request {id[:80]!r} of object storage.")
        return found

    def list_work_requests(self, query: ListQuery, filters: Filters) -> Page[StorageWorkRequest]:
        """Return a page of work requests."""
        with self._database.read() as tx:
            return store.work_requests.page(tx, query, filters)

    def cancel_work_request(self, id: str) -> None:
        """Refuse: a copy is done before its work request is told."""
        request = self.get_work_request(id).noun
        raise Conflict(f"Work request {request.id} is {request.status}: delete the copy if you do not want it.")


def _headers(headers: Headers, details: CopyObjectDetails) -> Headers:
    metadata = details.destination_object_metadata
    return msgspec.structs.replace(
        headers,
        metadata=headers.metadata if metadata is None else metadata_of(metadata),
        storage_tier=details.destination_object_storage_tier or headers.storage_tier,
    )


def _resource(place: Place, action: str) -> StorageWorkRequestResource:
    return StorageWorkRequestResource(
        action_type="READ" if action == "READ" else "WRITTEN",
        entity_type="object",
        identifier=f"/n/{place.namespace}/b/{place.bucket}/o/{place.name}",
        metadata={"NAMESPACE": place.namespace, "BUCKET": place.bucket, "OBJECT": place.name},
    )
