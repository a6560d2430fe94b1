"""The artifact of a model: written once, whole or not at all, and read in ranges."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO

import msgspec
import sqlalchemy as sa

from modelyard.artifact.unpack import new_folder, unpack
from modelyard.catalog import lookup, store
from modelyard.catalog.pinned_objects import LARGEST_DESCRIPTION, description_in, pin, pinned_files, write_files
from modelyard.catalog.store import Artifact
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, InvalidParameter, NotAuthenticated, NotFound, PayloadTooLarge
from modelyard.lifecycle import MODEL_MOVES, ModelState, next_state
from modelyard.objectstore import references
from modelyard.objectstore.blobs import Blob, BlobStore, BlobWriter
from modelyard.objectstore.contents import Contents, Segment, add_segments, laid_end_to_end, segments_of
from modelyard.objectstore.objects import Objects
from modelyard.resources.model import Model
from modelyard.wire.etags import check_etag

PIECE = 2 * 1024 * 1024
_SMALL = 32 * 1024  # smaller pieces are joined before they are written


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Say which artifact is to come, for which model."""

    model_id: str
    file_name: str
    length: int | None
    """How many bytes are announced; None if the caller does not say."""

    if_match: str | None
    again: Repeatable


class Artifacts:
    """Keep the artifacts of models.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        objects: The objects of buckets, that an artifact may refer to.
        limit: The largest artifact, in bytes; None takes any.
        upload_limit: The largest in one request.
        clock: The time, with its zone.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        *,
        objects: Objects,
        limit: int | None,
        upload_limit: int | None = None,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._objects = objects
        self._blobs = blobs
        self._contents = Contents(database, blobs)
        self.check_size = size_check(limit)
        """Raises PayloadTooLarge for more bytes than are taken."""

        limits = [each for each in (limit, upload_limit) if each is not None]
        self._check_upload = size_check(min(limits, default=None), what="one request")

        self._clock = clock

    def begin(self, upload: Upload) -> Incoming | None:
        """Return what takes the bytes; None if this very upload was done before.

        Raises:
            NotFound, Conflict, EtagMismatch: The model is not there, has its artifact, or was changed.
            PayloadTooLarge: More bytes are announced than are taken.
        """
        with self._database.write() as tx:
            if upload.again.earlier(tx, self._clock()):
                return None
            self.check_takes(tx, upload.model_id, if_match=upload.if_match)
        if upload.length is not None:
            self._check_upload(upload.length)
        return Incoming(self._blobs.writer(), check_size=self._check_upload)

    def complete(self, upload: Upload, incoming: Incoming, *, signed_digest: str | None) -> Artifact:
        """Give the model the bytes that came.

        Args:
            upload: What was announced.
            incoming: What came; nothing of it is left if this raises.
            signed_digest: The base64 SHA-256 that the caller signed, if it did.
        """
        try:
            blob = finished(incoming, signed_digest=signed_digest)
            return self._keep(upload, incoming, blob)
        finally:
            incoming.abort()

    def _keep(self, upload: Upload, incoming: Incoming, blob: Blob) -> Artifact:
        try:
            return self._give(upload, incoming, blob)
        except Exception:
            # published, and then the row did not come to be: a full disk, say
            references.remove_unused(self._database, self._blobs, blob.digest)
            raise

    def _give(self, upload: Upload, incoming: Incoming, blob: Blob) -> Artifact:
        now = self._clock()
        artifact = Artifact(
            model_id=upload.model_id,
            digest=blob.digest,
            size=blob.size,
            file_name=upload.file_name,
            time_created=now,
        )
        with self._database.write() as tx:  # contents before the row that names them
            is_done = upload.again.earlier(tx, now) is not None  # the same request, sent again, was faster
            if is_done and (found := store.find_artifact(tx, upload.model_id)):
                return found
            self.check_takes(tx, upload.model_id)
            incoming.publish()
            add_segments(tx, artifact.model_id, laid_end_to_end([(blob.size, blob.digest)]))
            self.attach(tx, artifact)
            upload.again.remember(tx, upload.model_id, now)
        return artifact

    def check_takes(self, tx: sa.Connection, model_id: str, *, if_match: str | None = None) -> Model:
        """Return a model that can be given an artifact.

        Raises:
            NotFound, Conflict, EtagMismatch: It is not there, has its artifact, or was changed.
        """
        model = lookup.get(tx, store.models, model_id, kind="model")
        next_state(MODEL_MOVES, "put_artifact", model.noun.lifecycle_state, what=f"Model {model_id}")
        check_etag(current=model.etag, if_match=if_match)
        if store.find_artifact(tx, model_id) is not None:
            raise _written_once(model_id)
        return model.noun

    def attach(self, tx: sa.Connection, artifact: Artifact) -> None:
        """Give a model the artifact whose content has its id by now, and the objects that it describes, if it does.

        Raises:
            InvalidParameter, RelatedResourceNotFound: It describes objects that cannot be the model's.
        """
        store.add_artifact(tx, artifact)
        if PurePath(artifact.file_name).suffix.lower() != ".json" or artifact.size > LARGEST_DESCRIPTION:
            return
        runs = segments_of(tx, artifact.model_id)
        description = description_in(b"".join(piece for run in runs for piece in self._blobs.read(run.digest)))
        if description is not None:
            pin(tx, artifact.model_id, description, objects=self._objects)
            model = lookup.get(tx, store.models, artifact.model_id, kind="model").noun
            store.models.replace(tx, msgspec.structs.replace(model, is_model_by_reference=True), if_match=None)

    def find(self, model_id: str) -> Artifact:
        """Return a model's artifact.

        Raises:
            NotFound: There is no such model, it was deleted, or it has no artifact.
        """
        with self._database.read() as tx:
            model = lookup.get(tx, store.models, model_id, kind="model").noun
            artifact = store.find_artifact(tx, model_id)
        if model.lifecycle_state is ModelState.DELETED:
            raise NotFound(f"Model {model_id} is deleted, and its artifact with it.")
        if artifact is None:
            raise NotFound(f"Model {model_id} has no artifact: upload one.")
        return artifact

    def read(self, artifact: Artifact, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes of an artifact, in pieces.

        Raises:
            NotFound: Its model was deleted since it was found.
        """
        try:
            yield from self._contents.read(artifact.model_id, start=start, stop=stop)
        except KeyError:
            raise NotFound(f"Model {artifact.model_id} was deleted just now, and its artifact with it.") from None

    def segments(self, artifact: Artifact) -> list[Segment]:
        """Return the runs of bytes that an artifact is kept in, each with its digest."""
        with self._database.read() as tx:
            return segments_of(tx, artifact.model_id)

    @contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        """Give the artifact with a digest as a file; raise KeyError if no model has such a one (any more)."""
        with self._contents.open(self._model_with(digest)) as file:
            yield file

    def unpack(self, digest: str, folder: Path) -> None:
        """Write the files of the artifact with a digest into a new folder: all of them, or nothing.

        Raises:
            KeyError: No model has such a one (any more).
            ArtifactError: The bytes are no archive, or an unsafe one.
        """
        model_id = self._model_with(digest)
        with self._database.read() as tx:
            files = pinned_files(tx, model_id)
        if files:
            with new_folder(folder) as made:
                write_files(files, made, contents=self._contents)
            return
        with self._contents.open(model_id) as archive:
            unpack(archive, folder)

    def _model_with(self, digest: str) -> str:
        with self._database.read() as tx:
            model_id = store.model_with_digest(tx, digest)
        if model_id is None:
            raise KeyError(digest)
        return model_id

    def sweep(self) -> None:
        """Remove what a killed service left: unfinished uploads, and bytes that nothing needs."""
        references.sweep(self._database, self._blobs)


class Incoming:
    """Take the bytes of an upload, gathered to larger pieces."""

    def __init__(self, writer: BlobWriter, *, check_size: Callable[[int], None]) -> None:
        self._writer = writer
        self._check_size = check_size
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._size = 0

    def take(self, piece: bytes) -> bool:
        """Keep a piece in memory; return whether it is time for ``flush``."""
        self._waiting.append(piece)
        self._waiting_size += len(piece)
        return self._waiting_size >= PIECE

    def flush(self) -> None:
        """Write what was taken."""
        self._size += self._waiting_size
        self._check_size(self._size)
        small = len(self._waiting) * _SMALL > self._waiting_size
        for piece in [b"".join(self._waiting)] if small else self._waiting:
            self._writer.write(piece)
        self._waiting.clear()
        self._waiting_size = 0

    def finish(self) -> Blob:
        """Write the rest and make it durable."""
        self.flush()
        return self._writer.finish()

    def publish(self) -> None:
        """Give the bytes their place."""
        self._writer.publish()

    def abort(self) -> None:
        """Drop the bytes; without effect after ``publish``."""
        self._writer.abort()


def size_check(limit: int | None, *, what: str = "an artifact") -> Callable[[int], None]:
    """Return what raises PayloadTooLarge for more bytes than the limit; None takes any."""

    def check(size: int) -> None:
        if limit is not None and size > limit:
            raise PayloadTooLarge(
                f"The artifact has more than {limit} bytes, the limit for {what} here "
                "(MODELYARD_ARTIFACT_LIMIT, MODELYARD_UPLOAD_LIMIT, MODELYARD_LIMITS)."
            )

    return check


def finished(incoming: Incoming, *, signed_digest: str | None) -> Blob:
    """Return the blob that came, durable and not yet published.

    Raises:
        InvalidParameter: No bytes came.
        NotAuthenticated: Other bytes came than those that the caller signed.
    """
    blob = incoming.finish()
    if blob.size == 0:
        raise InvalidParameter("The artifact is empty: send the bytes of a file.")
    if signed_digest is not None and _digest_of(signed_digest) != blob.digest:
        raise NotAuthenticated("The artifact is not the one that was signed: x-content-sha256 differs.")
    return blob


def download_name(artifact: Artifact) -> str:
    """Return the file name of a download: the model's id and the suffix of what was uploaded."""
    return artifact.model_id + (PurePath(artifact.file_name).suffix or ".zip")


def _written_once(model_id: str) -> Conflict:
    return Conflict(f"Model {model_id} has its artifact, and artifacts never change: create a new model.")


def _digest_of(base64_digest: str) -> str:
    try:
        return f"sha256:{base64.b64decode(base64_digest, validate=True).hex()}"
    except ValueError:
        return ""
