"""Object storage over a real database and real blobs, as the REST layer drives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.objectstore import references
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.objects import Place, Put
from modelyard.objectstore.service import Home, ObjectStorage, object_storage
from modelyard.objectstore.store import Headers, StoredObject
from modelyard.objectstore.upload_store import StoredPart
from modelyard.objectstore.uploads import PartPlace
from modelyard.resources.object_storage import (
    CommitMultipartUploadDetails,
    CommitMultipartUploadPartDetails,
    CreateBucketDetails,
)

HOME = Home(tenancy_id="t", compartment_id="c", region="local-1", endpoint="http://yard.test")
ANY = Conditions()


@dataclass
class Shed:
    """Be object storage with one bucket, and what it stands on."""

    folder: Path
    blobs: BlobStore | None = None
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    database: Database = field(init=False)
    storage: ObjectStorage = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.folder / "yard.db")
        migrate(self.database)
        self.blobs = self.blobs or FolderBlobs(self.folder / "blobs")
        self.storage = object_storage(self.database, self.blobs, home=HOME, clock=lambda: self.now)

    def close(self) -> None:
        self.database.close()

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def bucket(self, name: str = "b") -> None:
        self.storage.buckets.create(self.namespace, CreateBucketDetails(name=name, compartment_id="c"), caller="user")

    @property
    def namespace(self) -> str:
        return self.storage.buckets.namespace

    def place(self, name: str) -> Place:
        return Place(self.namespace, "b", name)

    def put(
        self, name: str, data: bytes, conditions: Conditions = ANY, announced: Mapping[str, str] | None = None
    ) -> StoredObject:
        put = Put(place=self.place(name), headers=Headers(), conditions=conditions, announced=announced or {})
        receiving = self.storage.objects.begin(put)
        try:
            if receiving.take(data):
                receiving.flush()
        except BaseException:
            receiving.abort()
            raise
        return self.storage.objects.complete(put, receiving)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        stored = self.storage.objects.find(self.place(name))
        return b"".join(self.storage.objects.read(stored, start=start, stop=stored.size if stop is None else stop))

    def begin(self, name: str) -> str:
        return self.storage.uploads.create(self.place(name), Headers(), ANY).id

    def part(self, name: str, upload_id: str, number: int, data: bytes) -> StoredPart:
        part = PartPlace(self.place(name), upload_id, number, ANY)
        receiving = self.storage.uploads.begin_part(part, {})
        receiving.take(data)
        return self.storage.uploads.complete_part(part, receiving)[0]

    def commit(self, name: str, upload_id: str, etags: Mapping[int, str]) -> StoredObject:
        parts = [CommitMultipartUploadPartDetails(part_num=number, etag=etag) for number, etag in etags.items()]
        details = CommitMultipartUploadDetails(parts_to_commit=parts)
        return self.storage.uploads.commit(self.place(name), upload_id, details, ANY)

    def sweep(self) -> None:
        assert self.blobs is not None
        references.sweep(self.database, self.blobs)

    @property
    def blob_files(self) -> list[Path]:
        """Every file that the blobs take on the disk."""
        return [path for path in (self.folder / "blobs").rglob("*") if path.is_file()]
