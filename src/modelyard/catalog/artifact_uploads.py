"""Uploads of artifacts in segments: side by side, resumed after anything, and only what the service does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import artifact_upload_store as store
from modelyard.catalog.artifact_upload_store import StoredUpload
from modelyard.catalog.artifacts import Artifacts, Incoming, size_check
from modelyard.catalog.changes import Clock
from modelyard.catalog.store import Artifact
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, InvalidParameter, NotFound
from modelyard.objectstore import contents
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.contents import Segment
from modelyard.objectstore.references import remove_unused
from modelyard.resources.artifact_upload import ArtifactSegment, ArtifactUpload, CreateArtifactUploadDetails

LIFETIME = timedelta(days=7)
"""How long an upload is kept after its last segment came."""


class SegmentPlace(NamedTuple):
    """Say which segment of which upload is to come."""

    model_id: str
    upload_id: str
    digest: str


class ArtifactUploads:
    """Keep uploads until they are committed or aborted.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        artifacts: The artifacts that they become.
        limit: The largest artifact, in bytes; None takes any.
        clock: The time, with its zone.
    """

    def __init__(
        self, database: Database, blobs: BlobStore, *, artifacts: Artifacts, limit: int | None, clock: Clock
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._artifacts = artifacts
        self._check_size = size_check(limit)
        self._clock = clock

    def create(
        self, model_id: str, details: CreateArtifactUploadDetails, *, if_match: str | None, again: Repeatable
    ) -> ArtifactUpload:
        """Begin an upload; the segments whose bytes are here already need not be sent.

        Raises:
            NotFound, Conflict, EtagMismatch: The model is not there, has its artifact, or was changed.
            InvalidParameter: A segment has two sizes.
            PayloadTooLarge: The artifact has more bytes than are taken.
        """
        now = self._clock()
        sizes = _sizes(details.segments)
        segments = contents.laid_end_to_end((segment.size, segment.digest) for segment in details.segments)
        upload = StoredUpload(ids.unguessable(), model_id, details.file_name, segments[-1].stop, now)
        self._check_size(upload.size)
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _noun(tx, _get(tx, model_id, earlier))
            self._artifacts.check_takes(tx, model_id, if_match=if_match)
            store.add_upload(tx, upload, segments)
            kept = contents.kept_blobs(tx, list(sizes))
            if wrong := next((digest for digest, size in kept.items() if sizes[digest] != size), None):
                raise InvalidParameter(f"The segment {wrong} has {kept[wrong]} bytes, not {sizes[wrong]}.")
            contents.add_segments(tx, upload.id, [segment for segment in segments if segment.digest in kept])
            again.remember(tx, upload.id, now)
            return _noun(tx, upload)

    def get(self, model_id: str, upload_id: str) -> ArtifactUpload:
        """Return an upload, and what is missing of it."""
        with self._database.read() as tx:
            return _noun(tx, _get(tx, model_id, upload_id))

    def list(self, model_id: str) -> list[ArtifactUpload]:
        """Return the uploads that have begun for a model, the oldest first."""
        with self._database.read() as tx:
            return [_noun(tx, upload) for upload in store.uploads_of(tx, model_id)]

    def begin_segment(self, place: SegmentPlace) -> Incoming | None:
        """Return what takes the bytes of a segment; None if they are here already.

        Raises:
            NotFound: There is no such upload (any more), or it has no such segment.
        """
        with self._database.read() as tx:
            missing = _missing_places(tx, place)
        if not missing:
            return None
        return Incoming(self._blobs.writer(), check_size=_exactly(missing[0]))

    def complete_segment(self, place: SegmentPlace, incoming: Incoming) -> None:
        """Keep the bytes of a segment; nothing is left of them if this raises.

        Raises:
            InvalidParameter: They are not those with the digest.
        """
        try:
            blob = incoming.finish()
            if blob.digest != place.digest:
                raise InvalidParameter(f"{blob.size} bytes with {blob.digest} came as the segment {place.digest}.")
            try:
                self._keep(place, incoming)
            except Exception:
                remove_unused(self._database, self._blobs, place.digest)
                raise
        finally:
            incoming.abort()

    def _keep(self, place: SegmentPlace, incoming: Incoming) -> None:
        with self._database.write() as tx:  # the upload may have been aborted, or the segment have come, meanwhile
            places = _missing_places(tx, place)
            if places:
                incoming.publish()
                contents.add_segments(tx, place.upload_id, places)

    def commit(self, model_id: str, upload_id: str, *, if_match: str | None, again: Repeatable) -> Artifact:
        """Make the segments the model's artifact: no byte is moved, and none is read, for each was checked as it came.

        Raises:
            Conflict: A segment is missing, or lost since it came, or the model has its artifact.
        """
        now = self._clock()
        with self._database.write() as tx:
            if again.earlier(tx, now):
                return self._artifacts.find(model_id)
            upload = _get(tx, model_id, upload_id)
            self._artifacts.check_takes(tx, model_id, if_match=if_match)
            if missing := store.missing(tx, upload.id):
                raise Conflict(f"{len(missing)} segments of the upload are missing: send them, then commit again.")
            lost = self._drop_lost(tx, upload.id)
            if not lost:
                artifact = self._attach(tx, upload, now)
                again.remember(tx, model_id, now)
                return artifact
        raise Conflict(
            f"The bytes of {len(lost)} segments of the upload are gone from the store, those of {lost[0]} among them: "
            "send the segments again that the upload says are missing, then commit again."
        )

    def _drop_lost(self, tx: sa.Connection, upload_id: str) -> Sequence[str]:
        """Take segments whose bytes the store has no more for missing again; return their digests."""
        came = dict.fromkeys(segment.digest for segment in contents.segments_of(tx, upload_id))
        lost = [digest for digest in came if self._written(digest) is None]
        for digest in lost:
            contents.remove_blob(tx, upload_id, digest)
        return lost

    def _attach(self, tx: sa.Connection, upload: StoredUpload, now: datetime) -> Artifact:
        artifact = Artifact(
            model_id=upload.model_id,
            digest=contents.digest_of(tx, upload.id),
            size=upload.size,
            file_name=upload.file_name,
            time_created=now,
        )
        contents.rename_content(tx, upload.id, upload.model_id)
        self._artifacts.attach(tx, artifact)
        store.remove_upload(tx, upload.id)
        return artifact

    def abort(self, model_id: str, upload_id: str) -> None:
        """Drop an upload, and the segments that nothing else has."""
        with self._database.write() as tx:
            _get(tx, model_id, upload_id)
            freed = store.remove_upload(tx, upload_id)
        remove_unused(self._database, self._blobs, *freed)

    def drop_old(self) -> None:
        """Drop the uploads that nobody came back to."""
        with self._database.write() as tx:
            before = self._clock() - LIFETIME
            old = [id for id in store.begun_before(tx, before) if not self._has_grown(tx, id, since=before)]
            freed = [digest for id in old for digest in store.remove_upload(tx, id)]
        remove_unused(self._database, self._blobs, *freed)

    def _has_grown(self, tx: sa.Connection, upload_id: str, *, since: datetime) -> bool:
        times = (self._written(segment.digest) for segment in contents.segments_of(tx, upload_id))
        return any(time is not None and time >= since for time in times)

    def _written(self, digest: str) -> datetime | None:
        try:
            return self._blobs.written(digest)
        except KeyError:
            return None


def _get(tx: sa.Connection, model_id: str, upload_id: str) -> StoredUpload:
    upload = store.find_upload(tx, upload_id)
    if upload is None or upload.model_id != model_id:
        raise NotFound(
            f"There is no upload {upload_id[:80]!r} for the model {model_id[:120]}: it was committed or aborted, "
            f"never begun, or nobody came back to it for {LIFETIME.days} days."
        )
    return upload


def _missing_places(tx: sa.Connection, place: SegmentPlace) -> list[Segment]:
    upload = _get(tx, place.model_id, place.upload_id)
    if not store.segments_of(tx, upload.id, digest=place.digest):
        raise NotFound(f"The upload {upload.id} has no segment {place.digest[:80]!r}.")
    return store.missing(tx, upload.id, digest=place.digest)


def _sizes(segments: Sequence[ArtifactSegment]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for segment in segments:
        if sizes.setdefault(segment.digest, segment.size) != segment.size:
            raise InvalidParameter(f"The segment {segment.digest} is named with two sizes.")
    return sizes


def _exactly(segment: Segment) -> Callable[[int], None]:
    def check(size: int) -> None:
        if size > segment.size:
            raise InvalidParameter(f"More than the {segment.size} bytes came that the segment {segment.digest} has.")

    return check


def _noun(tx: sa.Connection, upload: StoredUpload) -> ArtifactUpload:
    missing = {segment.digest: segment.size for segment in store.missing(tx, upload.id)}
    segments = store.segments_of(tx, upload.id)
    return ArtifactUpload(
        id=upload.id,
        model_id=upload.model_id,
        file_name=upload.file_name,
        size=upload.size,
        time_created=upload.time_created,
        segments=[ArtifactSegment(digest=segment.digest, size=segment.size) for segment in segments],
        missing=[ArtifactSegment(digest=digest, size=size) for digest, size in missing.items()],
    )
