"""Uploads in parts: parts come in any order and side by side; a commit makes one object of them and moves no byte."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.errors import InvalidParameter, InvalidUploadPart, NoSuchUpload
from modelyard.objectstore import store, upload_store
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.buckets import Buckets, Clock, id_of, new_etag
from modelyard.objectstore.checksums import Checksums
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.contents import add_segments, laid_end_to_end
from modelyard.objectstore.names import check_object_name
from modelyard.objectstore.objects import Place, put_object
from modelyard.objectstore.receiving import Received, Receiving
from modelyard.objectstore.references import remove_unused
from modelyard.objectstore.store import Headers, StoredObject
from modelyard.objectstore.upload_store import StoredPart, StoredUpload
from modelyard.resources.object_storage import CommitMultipartUploadDetails, CommitMultipartUploadPartDetails

MOST_PARTS = 10_000


class PartPlace(NamedTuple):
    """Say which part of which upload is to come."""

    place: Place
    upload_id: str
    number: int
    conditions: Conditions


class Uploads:
    """Keep uploads until they are committed or aborted.

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

    def create(self, place: Place, headers: Headers, conditions: Conditions) -> StoredUpload:
        """Begin an upload."""
        check_object_name(place.name)
        with self._database.write() as tx:
            bucket_id = self._check_write(tx, place, conditions)
            upload = StoredUpload(
                id=ids.unguessable(),
                bucket_id=bucket_id,
                name=place.name,
                time_created=self._clock(),
                headers=headers,
            )
            upload_store.add_upload(tx, upload)
        return upload

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin_part(self, part: PartPlace, announced: Mapping[str, str]) -> Receiving:
        """Return what takes the bytes of a part; ``announced`` are the headers of the request."""
        checksums = Checksums(announced)
        with self._database.read() as tx:
            self._check_part(tx, part)
        return Receiving(self._blobs.writer(), checksums)

    def complete_part(self, part: PartPlace, receiving: Receiving) -> tuple[StoredPart, dict[str, str]]:
        """Keep a part, in the place of an earlier one with its number; return it with the checksums asked for."""
        try:
            received = receiving.finish()
            try:
                stored, freed = self._keep_part(part, receiving, received)
            except Exception:
                remove_unused(self._database, self._blobs, received.digest)
                raise
        finally:
            receiving.abort()
        remove_unused(self._database, self._blobs, *freed)
        return stored, received.checksums

    def _keep_part(self, part: PartPlace, receiving: Receiving, received: Received) -> tuple[StoredPart, list[str]]:
        stored = StoredPart(
            upload_id=part.upload_id,
            number=part.number,
            digest=received.digest,
            size=received.size,
            md5=received.md5,
            etag=new_etag(),
        )
        with self._database.write() as tx:  # the upload may have been committed or aborted meanwhile
            self._check_part(tx, part)
            receiving.publish()
            replaced = upload_store.put_part(tx, stored)
        return stored, [replaced] if replaced else []

    def _check_part(self, tx: sa.Connection, part: PartPlace) -> None:
        self._find(tx, part.place, part.upload_id)
        found = upload_store.part_page(tx, part.upload_id, start=part.number, limit=1)
        current = found[0].etag if found and found[0].number == part.number else None
        part.conditions.check_write(current, name=f"Part {part.number} of the upload {part.upload_id}")

    def list_parts(self, place: Place, upload_id: str, *, start: int, limit: int) -> list[StoredPart]:
        """Return the parts of an upload from a number on."""
        with self._database.read() as tx:
            self._find(tx, place, upload_id)
            return upload_store.part_page(tx, upload_id, start=start, limit=limit)

    def list_uploads(self, namespace: str, bucket: str, *, start: str, limit: int) -> list[StoredUpload]:
        """Return the uploads into a bucket from an id on."""
        with self._database.read() as tx:
            bucket_id = id_of(self._buckets.find(tx, namespace, bucket))
            return upload_store.upload_page(tx, bucket_id, start=start, limit=limit)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def commit(
        self, place: Place, upload_id: str, details: CommitMultipartUploadDetails, conditions: Conditions
    ) -> StoredObject:
        """Make the object; parts that are not named are dropped.

        Raises:
            NoSuchUpload: There is no such upload (any more).
            InvalidParameter: No part is named, or one twice.
            InvalidUploadPart: A part is missing, or is another one by now.
            IfMatchFailed, IfNoneMatchFailed: What the caller made it depend on is not so.
        """
        named = _named(details)
        now = self._clock()
        with self._database.write() as tx:
            upload = self._find(tx, place, upload_id)
            self._check_write(tx, place, conditions)
            chosen = _choose(named, upload_store.part_page(tx, upload_id, start=1, limit=MOST_PARTS))
            stored = StoredObject(
                bucket_id=upload.bucket_id,
                name=upload.name,
                content_id=ids.unguessable(),
                etag=new_etag(),
                size=sum(part.size for part in chosen),
                md5=_md5_of_parts(chosen),
                time_created=now,
                time_modified=now,
                headers=upload.headers,
            )
            freed = put_object(tx, stored)
            add_segments(tx, stored.content_id, laid_end_to_end((part.size, part.digest) for part in chosen))
            freed += upload_store.remove_upload(tx, upload_id)
        remove_unused(self._database, self._blobs, *freed)
        return stored

    def abort(self, place: Place, upload_id: str) -> None:
        """Drop an upload and its parts."""
        with self._database.write() as tx:
            self._find(tx, place, upload_id)
            freed = upload_store.remove_upload(tx, upload_id)
        remove_unused(self._database, self._blobs, *freed)

    def _find(self, tx: sa.Connection, place: Place, upload_id: str) -> StoredUpload:
        bucket_id = id_of(self._buckets.find(tx, place.namespace, place.bucket))
        upload = upload_store.find_upload(tx, upload_id)
        if upload is None or (upload.bucket_id, upload.name) != (bucket_id, place.name):
            raise NoSuchUpload(
                f"There is no upload {upload_id[:80]!r} of {place.name[:80]!r} into the bucket {place.bucket!r}: "
                "it was committed or aborted, or never begun."
            )
        return upload

    def _check_write(self, tx: sa.Connection, place: Place, conditions: Conditions) -> str:
        bucket_id = id_of(self._buckets.find_own(tx, place.namespace, place.bucket))
        current = store.find_object(tx, bucket_id, place.name)
        conditions.check_write(current.etag if current else None, name=str(place))
        return bucket_id


def _named(details: CommitMultipartUploadDetails) -> dict[int, CommitMultipartUploadPartDetails]:
    if not details.parts_to_commit:
        raise InvalidParameter("partsToCommit is empty: name the parts that make the object, or abort the upload.")
    named = {part.part_num: part for part in details.parts_to_commit}
    if len(named) < len(details.parts_to_commit):
        raise InvalidParameter("partsToCommit names a part twice: name each once.")
    if both := set(named) & set(details.parts_to_exclude or ()):
        raise InvalidParameter(f"Part {min(both)} is in partsToCommit and in partsToExclude: leave it out of one.")
    return named


def _choose(named: Mapping[int, CommitMultipartUploadPartDetails], there: Sequence[StoredPart]) -> list[StoredPart]:
    by_number = {part.number: part for part in there}
    for number, part in named.items():
        if number not in by_number:
            raise InvalidUploadPart(f"Part {number} is not there: upload it, then commit again.")
        if part.etag.strip('"') != by_number[number].etag:
            raise InvalidUploadPart(
                f"Part {number} has the etag {by_number[number].etag}, not {part.etag[:80]!r}: list the parts."
            )
    return [by_number[number] for number in sorted(named)]


def _md5_of_parts(parts: Sequence[StoredPart]) -> str:
    digest = hashlib.md5(b"".join(base64.b64decode(part.md5) for part in parts), usedforsecurity=False).digest()
    return f"{base64.b64encode(digest).decode('ascii')}-{len(parts)}"
