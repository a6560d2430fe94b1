"""A catalog over a real database and real blobs, at a time that stands still."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from modelyard.catalog.artifacts import Artifacts, Upload
from modelyard.catalog.service import Catalog
from modelyard.catalog.store import Artifact
from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments import store as deployment_store
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.service import Home, ObjectStorage, object_storage
from modelyard.resources.model import CreateModelDetails, Model
from modelyard.resources.project import CreateProjectDetails, Project
from modelyard.wire.etags import Stored

LIMIT = 5_000_000


def once() -> Repeatable:
    """Return a request without a token."""
    return Repeatable(caller="user", token=None, operation="any", request=b"")


HOME = Home(tenancy_id="ocid1.tenancy.oc98..t", compartment_id="c", region="local-1", endpoint="http://127.0.0.1:8585")


@dataclass
class Yard:
    """Be a catalog and what it stands on."""

    folder: Path
    blob_folder: Path | None = None
    now: datetime = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
    database: Database = field(init=False)
    blobs: FolderBlobs = field(init=False)
    storage: ObjectStorage = field(init=False)
    catalog: Catalog = field(init=False)
    artifacts: Artifacts = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.folder / "yard.db")
        migrate(self.database)
        self.blobs = FolderBlobs(self.blob_folder or self.folder / "blobs")
        self.storage = object_storage(self.database, self.blobs, home=HOME, clock=lambda: self.now)
        self.catalog = Catalog(
            self.database,
            self.blobs,
            objects=self.storage.objects,
            clock=lambda: self.now,
            used_by=deployment_store.used_by,
            limit=LIMIT,
        )
        self.artifacts = self.catalog.artifacts

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def project(self) -> Stored[Project]:
        return self.catalog.projects.create(CreateProjectDetails(compartment_id="c"), caller="user", again=once())

    def model(self, again: Repeatable | None = None, **fields: object) -> Stored[Model]:
        """Create a model, in a project of its own unless one is named."""
        project_id = fields.pop("project_id", None) or self.project().noun.id
        details = CreateModelDetails(compartment_id="c", project_id=project_id, **fields)
        return self.catalog.models.create(details, caller="user", again=again or once())

    def upload(self, model_id: str, data: bytes, **changes: object) -> Artifact | None:
        """Upload in two pieces, as the REST layer does; None where it was done before."""
        digest = changes.pop("signed_digest", None)
        fields = {"file_name": "a.zip", "length": len(data), "if_match": None, "again": once(), **changes}
        upload = Upload(model_id=model_id, **fields)
        incoming = self.artifacts.begin(upload)
        if incoming is None:
            return None
        try:
            for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
                incoming.take(piece)
                incoming.flush()
        except BaseException:
            incoming.abort()
            raise
        return self.artifacts.complete(upload, incoming, signed_digest=digest)

    def download(self, model_id: str, **part: int) -> bytes:
        return b"".join(self.artifacts.read(self.artifacts.find(model_id), **part))

    @property
    def blob_files(self) -> list[Path]:
        """Every file that the blobs take on the disk."""
        return [path for path in (self.blob_folder or self.folder / "blobs").rglob("*") if path.is_file()]


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    """Make an empty catalog."""
    made = Yard(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(scope="session")
def make_yard() -> type[Yard]:
    """Give what makes a catalog, for those who make several."""
    return Yard


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of five megabytes; where that is not allowed, skip."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="session")
def fill() -> Callable[[Path], Path]:
    """Give what takes all that is left of a disk."""

    def take(folder: Path) -> Path:
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(b"x" * 4096)
        return filler

    return take
