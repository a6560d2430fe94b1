"""Register a model by reference: its artifact is the description of the objects that it is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from modelyard.catalog.artifacts import Artifacts
from modelyard.catalog.changes import Clock
from modelyard.catalog.store import Artifact
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import InvalidParameter, LimitExceeded
from modelyard.objectstore.blobs import Blob, BlobStore
from modelyard.objectstore.contents import add_segments, laid_end_to_end
from modelyard.objectstore.listing import Asked, Listing
from modelyard.objectstore.references import remove_unused
from modelyard.objectstore.store import StoredObject
from modelyard.resources.model import OSSModelArtifactReferenceDetails
from modelyard.resources.model_description import DescribedModel, DescribedObject, ModelDescription
from modelyard.workrequests import progress

MOST_OBJECTS = 10_000
"""The most objects that a model may refer to."""


class ModelReferences:
    """Register models by reference.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        artifacts: The artifacts of models.
        listing: The lists of objects.
        clock: The time, with its zone.
    """

    def __init__(
        self, database: Database, blobs: BlobStore, *, artifacts: Artifacts, listing: Listing, clock: Clock
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._artifacts = artifacts
        self._listing = listing
        self._clock = clock

    def register(
        self,
        model_id: str,
        references: list[OSSModelArtifactReferenceDetails],
        *,
        if_match: str | None,
        again: Repeatable,
    ) -> str:
        """Make the objects below some prefixes a model's artifact; return the work request, which has ended by then.

        Raises:
            NotFound, Conflict, EtagMismatch: The model is not there, has its artifact, or was changed.
            BucketNotFound: There is no such bucket.
            InvalidParameter, LimitExceeded: There is nothing below a prefix, or too much.
        """
        with self._database.write() as tx:
            if earlier := again.earlier(tx, self._clock()):
                return earlier
            self._artifacts.check_takes(tx, model_id, if_match=if_match)
        models = [self._described(reference) for reference in references]
        if sum(len(model.objects) for model in models) > MOST_OBJECTS:
            raise LimitExceeded(f"A model refers to at most {MOST_OBJECTS} objects: name longer prefixes.")
        description = ModelDescription(version="1.0", type="modelOSSReferenceDescription", models=models)
        writer = self._blobs.writer()
        try:
            writer.write(msgspec.json.format(msgspec.json.encode(description), indent=2))
            blob = writer.finish()
            try:
                with self._database.write() as tx:
                    if earlier := again.earlier(tx, self._clock()):
                        return earlier
                    writer.publish()
                    return self._record(tx, model_id, blob, if_match=if_match, again=again)
            except Exception:
                remove_unused(self._database, self._blobs, blob.digest)
                raise
        finally:
            writer.abort()

    def _record(self, tx: sa.Connection, model_id: str, blob: Blob, *, if_match: str | None, again: Repeatable) -> str:
        now = self._clock()
        model = self._artifacts.check_takes(tx, model_id, if_match=if_match)
        add_segments(tx, model_id, laid_end_to_end([(blob.size, blob.digest)]))
        artifact = Artifact(
            model_id=model_id, digest=blob.digest, size=blob.size, file_name="model_description.json", time_created=now
        )
        self._artifacts.attach(tx, artifact)
        request = progress.done(
            tx,
            "The objects are the model's artifact, as they are now.",
            operation_type="REGISTER_MODEL_ARTIFACT",
            compartment_id=model.compartment_id,
            entity_type="model",
            identifier=model_id,
            action="UPDATED",
            now=now,
        )
        again.remember(tx, request, now)
        return request

    def _described(self, reference: OSSModelArtifactReferenceDetails) -> DescribedModel:
        prefix = reference.prefix or ""
        found = [
            DescribedObject(name=stored.name, version=stored.content_id, size_in_bytes=stored.size)
            for stored in self._objects_below(reference.namespace, reference.bucket_name, prefix)
        ]
        if not found:
            raise InvalidParameter(
                f"The bucket {reference.bucket_name!r} has no object whose name begins with {prefix[:80]!r}."
            )
        return DescribedModel(
            namespace=reference.namespace, bucket_name=reference.bucket_name, prefix=prefix, objects=found
        )

    def _objects_below(self, namespace: str, bucket: str, prefix: str) -> Iterator[StoredObject]:
        start: str | None = ""
        looked_at = 0
        while start is not None:
            page = self._listing.page(namespace, bucket, Asked(prefix=prefix, start=start))
            # what stands for a folder has no bytes, and a name that no file can have
            yield from (stored for stored in page.objects if not stored.name.endswith("/"))
            start = page.next
            looked_at += len(page.objects)
            if looked_at > 2 * MOST_OBJECTS:
                raise LimitExceeded(f"A model refers to at most {MOST_OBJECTS} objects: name longer prefixes.")
