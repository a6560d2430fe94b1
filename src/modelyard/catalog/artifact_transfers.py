"""Artifacts from object storage and to it, as work requests. No byte is moved: all are read once, and checked.

What goes over is fixed when the request is accepted, so that neither side can change under the transfer.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
from collections.abc import Iterator
from pathlib import PurePosixPath

import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import artifact_transfer_store, lookup, store
from modelyard.catalog.artifact_transfer_store import Direction, Transfer
from modelyard.catalog.artifacts import Artifacts
from modelyard.catalog.changes import Clock
from modelyard.catalog.store import Artifact
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import InternalServerError, InvalidParameter, MissingParameter, ModelyardError, NotFound
from modelyard.lifecycle import MODEL_MOVES, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.contents import Contents, copy_segments, digest_of, rename_content
from modelyard.objectstore.names import check_object_name
from modelyard.objectstore.objects import Objects, Place
from modelyard.objectstore.references import remove_unused
from modelyard.resources.model import ArtifactExportDetailsObjectStorage, ArtifactImportDetailsObjectStorage, Model
from modelyard.wire.etags import check_etag
from modelyard.workrequests import progress

log = logging.getLogger(__name__)

REST = 5.0
"""How long to wait after something went wrong that is tried again, in seconds."""

_STEPS = 10
"""How often a transfer says how far it is."""


class ArtifactTransfers:
    """Take transfers, and carry them out one after the other.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        artifacts: The artifacts of models.
        objects: The objects of buckets.
        region: The one region that there is.
        clock: The time, with its zone.
        news: Is set when there is something to do.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        *,
        artifacts: Artifacts,
        objects: Objects,
        region: str,
        clock: Clock,
        news: threading.Event | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._contents = Contents(database, blobs)
        self._artifacts = artifacts
        self._objects = objects
        self._region = region
        self._clock = clock
        self._news = news or threading.Event()
        self._stopped = threading.Event()

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def export_artifact(
        self, model_id: str, details: ArtifactExportDetailsObjectStorage, *, if_match: str | None, again: Repeatable
    ) -> str:
        """Let an object become a model's artifact; return the work request.

        Raises:
            NotFound, Conflict, EtagMismatch: The model is not there, has its artifact, or was changed.
            BucketNotFound, ObjectNotFound: The object is not there.
        """
        self._check_region("sourceRegion", details.source_region)
        place = Place(
            _given("namespace", details.namespace),
            _given("sourceBucket", details.source_bucket),
            _given("sourceObjectName", details.source_object_name),
        )
        with self._database.write() as tx:
            if earlier := again.earlier(tx, self._clock()):
                return earlier
            model = self._artifacts.check_takes(tx, model_id, if_match=if_match)
            source = self._objects.find_in(tx, place)
            if source.size == 0:
                raise InvalidParameter(f"{place} is empty: an artifact has at least one byte.")
            self._artifacts.check_size(source.size)
            request = self._accept(tx, "export", model, place, size=source.size)
            copy_segments(tx, source.content_id, request)
            again.remember(tx, request, self._clock())
        self._news.set()
        return request

    def import_artifact(
        self, model_id: str, details: ArtifactImportDetailsObjectStorage, *, if_match: str | None
    ) -> str:
        """Let an object become what a model's artifact is; return the work request.

        Raises:
            NotFound, Conflict, EtagMismatch: The model has no artifact, is deleted, or was changed.
            BucketNotFound: There is no such bucket.
        """
        self._check_region("destinationRegion", details.destination_region)
        place = Place(
            _given("namespace", details.namespace),
            _given("destinationBucket", details.destination_bucket),
            _given("destinationObjectName", details.destination_object_name),
        )
        check_object_name(place.name)
        with self._database.write() as tx:
            stored = lookup.get(tx, store.models, model_id, kind="model")
            next_state(MODEL_MOVES, "update", stored.noun.lifecycle_state, what=f"Model {model_id}")
            check_etag(current=stored.etag, if_match=if_match)
            artifact = store.find_artifact(tx, model_id)
            if artifact is None:
                raise NotFound(f"Model {model_id} has no artifact: upload one.")
            self._objects.check_bucket(tx, place)
            request = self._accept(tx, "import", stored.noun, place, size=artifact.size)
            copy_segments(tx, model_id, request)
        self._news.set()
        return request

    def cancel(self, work_request_id: str) -> bool:
        """Drop a transfer; return whether there was one to drop."""
        with self._database.write() as tx:
            if not artifact_transfer_store.goes_on(tx, work_request_id):
                return False
            freed = artifact_transfer_store.remove(tx, work_request_id)
            progress.cancel(tx, work_request_id, "The transfer was cancelled.", now=self._clock())
        remove_unused(self._database, self._blobs, *freed)
        return True

    def _check_region(self, field: str, region: str | None) -> None:
        if region is not None and region != self._region:
            raise InvalidParameter(f"{field} is {region[:80]!r}; the one region here is {self._region}.")

    def _accept(self, tx: sa.Connection, direction: Direction, model: Model, place: Place, *, size: int) -> str:
        now = self._clock()
        request = progress.accept(
            tx,
            operation_type=f"{direction.upper()}_MODEL_ARTIFACT",
            compartment_id=model.compartment_id,
            entity_type="model",
            identifier=model.id,
            action="UPDATED" if direction == "export" else "RELATED",
            now=now,
        )
        artifact_transfer_store.add(tx, Transfer(request, model.id, direction, *place, size), now=now)
        return request

    # ── work ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Carry out what is accepted, until ``stop``; what a killed service left half done begins anew."""
        while not self._stopped.is_set():
            self._news.clear()
            try:
                is_busy = self.step()
            except Exception:
                log.exception("a transfer of an artifact failed; it is tried again")
                self._stopped.wait(REST)
                continue
            if not is_busy and not self._stopped.is_set():
                self._news.wait()

    def stop(self) -> None:
        """Let ``run`` return; a transfer that is under way begins anew when the service does."""
        self._stopped.set()
        self._news.set()

    def step(self) -> bool:
        """Carry out the transfer that waits longest; return whether there was one."""
        with self._database.read() as tx:
            transfer = artifact_transfer_store.oldest(tx)
        if transfer is None:
            return False
        try:
            freed = self._export(transfer) if transfer.direction == "export" else self._import(transfer)
        except _Ended:
            return True
        except ModelyardError as error:
            freed = self._fail(transfer, error)
        except Exception as error:  # it must not hold up those that wait behind it
            log.exception("the transfer of work_request=%s failed", transfer.work_request_id)
            freed = self._fail(transfer, InternalServerError(f"The transfer failed: {error!r}."))
        remove_unused(self._database, self._blobs, *freed)
        return True

    def _export(self, transfer: Transfer) -> list[str]:
        self._follow(transfer, self._contents.check(transfer.work_request_id))
        now = self._clock()
        with self._database.write() as tx:
            self._check_goes_on(tx, transfer)
            self._artifacts.check_takes(tx, transfer.model_id)
            artifact = Artifact(
                model_id=transfer.model_id,
                digest=digest_of(tx, transfer.work_request_id),
                size=transfer.size,
                file_name=PurePosixPath(transfer.object_name).name or "artifact.zip",
                time_created=now,
            )
            rename_content(tx, transfer.work_request_id, transfer.model_id)
            self._artifacts.attach(tx, artifact)
            progress.succeed(
                tx, transfer.work_request_id, f"The artifact is in the catalog: {artifact.digest}.", now=now
            )
            return artifact_transfer_store.remove(tx, transfer.work_request_id)

    def _import(self, transfer: Transfer) -> list[str]:
        md5 = hashlib.md5(usedforsecurity=False)

        def read() -> Iterator[int]:
            for piece in self._contents.read(transfer.work_request_id):
                md5.update(piece)
                yield len(piece)

        self._follow(transfer, read())
        place = Place(transfer.namespace, transfer.bucket, transfer.object_name)
        content_id = ids.unguessable()
        with self._database.write() as tx:
            self._check_goes_on(tx, transfer)
            rename_content(tx, transfer.work_request_id, content_id)
            checksum = base64.b64encode(md5.digest()).decode("ascii")
            freed = self._objects.put_content(tx, place, content_id=content_id, size=transfer.size, md5=checksum)
            message = f"{place} is there, with {transfer.size} bytes."
            progress.succeed(tx, transfer.work_request_id, message, now=self._clock())
            return [*freed, *artifact_transfer_store.remove(tx, transfer.work_request_id)]

    def _follow(self, transfer: Transfer, read: Iterator[int]) -> None:
        """Let all be read that goes over, and say now and then how far it is."""
        done, said = 0, -1
        for count in read:
            if (step := _STEPS * done // transfer.size) > said:
                said = step
                self._say(transfer, done)
            done += count

    def _say(self, transfer: Transfer, done: int) -> None:
        if self._stopped.is_set():
            raise _Ended
        with self._database.write() as tx:
            self._check_goes_on(tx, transfer)
            message = f"{done} of {transfer.size} bytes are checked."
            percent = 95.0 * done / transfer.size  # the rest is the last step's
            progress.log(tx, transfer.work_request_id, message, percent=percent, now=self._clock())

    def _fail(self, transfer: Transfer, error: ModelyardError) -> list[str]:
        with self._database.write() as tx:
            if not artifact_transfer_store.goes_on(tx, transfer.work_request_id):
                return []
            now = self._clock()
            progress.fail(tx, transfer.work_request_id, code=error.code, message=error.message, now=now)
            return artifact_transfer_store.remove(tx, transfer.work_request_id)

    def _check_goes_on(self, tx: sa.Connection, transfer: Transfer) -> None:
        if not artifact_transfer_store.goes_on(tx, transfer.work_request_id):
            raise _Ended


class _Ended(Exception):
    """The transfer was cancelled, or the service is to stop."""


def _given(field: str, value: str | None) -> str:
    if not value:
        raise MissingParameter(f"{field} is missing: say where the object is.")
    return value
