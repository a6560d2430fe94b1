"""The artifacts of metadata items: bytes beside a model, replaceable, of an item that says it has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.catalog import lookup, metadata, store
from modelyard.catalog.artifacts import Incoming, finished
from modelyard.catalog.metadata import ItemKey
from modelyard.catalog.store import MetadataArtifact
from modelyard.database.engine import Database
from modelyard.errors import Conflict, NotFound, PayloadTooLarge
from modelyard.lifecycle import MODEL_MOVES, ModelState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import remove_unused
from modelyard.resources.model import Model
from modelyard.wire.etags import Stored, check_etag, digest_etag

LIMIT = 20 * 1024 * 1024
"""The largest artifact of an item, in bytes."""


@dataclass(frozen=True, kw_only=True)
class MetadataUpload:
    """Say which artifact is to come, for which item of which model."""

    model_id: str
    item: ItemKey
    file_name: str
    length: int | None
    """How many bytes are announced; None if the caller does not say."""

    is_first: bool
    """Whether the item has no artifact so far, by what the caller asks for."""

    if_match: str | None


class MetadataArtifacts:
    """Keep the artifacts of metadata items.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
    """

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def begin(self, upload: MetadataUpload) -> Incoming:
        """Return what takes the bytes.

        Raises:
            NotFound, Conflict, EtagMismatch: The item is not there, has an artifact or none, or was changed.
            PayloadTooLarge: More bytes are announced than are taken.
        """
        with self._database.read() as tx:
            _check(tx, upload)
        if upload.length is not None:
            _check_size(upload.length)
        return Incoming(self._blobs.writer(), check_size=_check_size)

    def complete(self, upload: MetadataUpload, incoming: Incoming, *, signed_digest: str | None) -> MetadataArtifact:
        """Give the item the bytes that came; nothing of them is left if this raises."""
        try:
            blob = finished(incoming, signed_digest=signed_digest)
            artifact = MetadataArtifact(
                model_id=upload.model_id,
                item=upload.item,
                digest=blob.digest,
                size=blob.size,
                file_name=upload.file_name,
            )
            replaced = self._give(upload, incoming, artifact)
        finally:
            incoming.abort()
        if replaced is not None:
            remove_unused(self._database, self._blobs, replaced.digest)
        return artifact

    def _give(self, upload: MetadataUpload, incoming: Incoming, artifact: MetadataArtifact) -> MetadataArtifact | None:
        try:
            with self._database.write() as tx:  # contents before the row that names them
                model, replaced = _check(tx, upload)
                incoming.publish()
                store.put_metadata_artifact(tx, artifact)
                _flag(tx, model.noun)
                return replaced
        except Exception:
            remove_unused(self._database, self._blobs, artifact.digest)
            raise

    def find(self, model_id: str, item: ItemKey) -> MetadataArtifact:
        """Return an item's artifact.

        Raises:
            NotFound: There is no such model or item, or it has no artifact.
        """
        with self._database.read() as tx:
            model = _model(tx, model_id, item).noun
            artifact = store.find_metadata_artifact(tx, model_id, item)
        if model.lifecycle_state is ModelState.DELETED:
            raise NotFound(f"Model {model_id} is deleted, and the artifacts of its metadata with it.")
        if artifact is None:
            raise _no_artifact(model_id, item)
        return artifact

    def read(self, artifact: MetadataArtifact, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes of an artifact, in pieces.

        Raises:
            NotFound: It was replaced or deleted since it was found.
        """
        try:
            yield from self._blobs.read(artifact.digest, start=start, stop=stop)
        except KeyError:
            raise _no_artifact(artifact.model_id, artifact.item) from None

    def delete(self, model_id: str, item: ItemKey, *, if_match: str | None) -> None:
        """Take an item's artifact from it; the item stays."""
        with self._database.write() as tx:
            model = _model(tx, model_id, item).noun
            next_state(MODEL_MOVES, "update", model.lifecycle_state, what=f"Model {model_id}")
            artifact = store.find_metadata_artifact(tx, model_id, item)
            if artifact is None:
                raise _no_artifact(model_id, item)
            check_etag(current=digest_etag(artifact.digest), if_match=if_match)
            store.remove_metadata_artifacts(tx, model_id, but=store.metadata_with_artifact(tx, model_id) - {item})
            _flag(tx, model)
        remove_unused(self._database, self._blobs, artifact.digest)


def _check(tx: sa.Connection, upload: MetadataUpload) -> tuple[Stored[Model], MetadataArtifact | None]:
    """Return the model and the artifact that is to be replaced; raise where the upload is not possible."""
    model = _model(tx, upload.model_id, upload.item)
    next_state(MODEL_MOVES, "update", model.noun.lifecycle_state, what=f"Model {upload.model_id}")
    found = store.find_metadata_artifact(tx, upload.model_id, upload.item)
    if upload.is_first and found is not None:
        raise Conflict(
            f"The {upload.item.kind} metadata {upload.item.key!r} of model {upload.model_id} has an artifact already: "
            "replace it with PUT."
        )
    if not upload.is_first and found is None:
        raise _no_artifact(upload.model_id, upload.item)
    check_etag(current=digest_etag(found.digest) if found else model.etag, if_match=upload.if_match)
    return model, found


def _model(tx: sa.Connection, model_id: str, item: ItemKey) -> Stored[Model]:
    """Return the model with the item, which is there by now if its key is one that the catalog has by itself."""
    model = lookup.get(tx, store.models, model_id, kind="model")
    noun = metadata.with_item(model.noun, item)
    if item not in metadata.keys(noun):
        raise NotFound(
            f"Model {model_id} has no {item.kind} metadata {item.key!r}: update the model with an item of this key."
        )
    return Stored(noun, model.etag)


def _flag(tx: sa.Connection, model: Model) -> None:
    """Let the model's items say which of them have an artifact now, one among them that the model may have got."""
    metadata.check(model)
    store.models.replace(tx, metadata.flagged(model, with_artifact=store.metadata_with_artifact(tx, model.id)))


def _no_artifact(model_id: str, item: ItemKey) -> NotFound:
    return NotFound(f"The {item.kind} metadata {item.key!r} of model {model_id} has no artifact: upload one with POST.")


def _check_size(size: int) -> None:
    if size > LIMIT:
        raise PayloadTooLarge(
            f"The artifact of a metadata item has more than {LIMIT} bytes: put it into the model's artifact."
        )
