"""The catalog: a service for each of its nouns, over one database and one store of blobs."""

from __future__ import annotations

from pathlib import Path

from modelyard.catalog.artifact_uploads import ArtifactUploads
from modelyard.catalog.artifacts import Artifacts
from modelyard.catalog.changes import Clock, UsedBy
from modelyard.catalog.group_artifacts import GroupArtifacts
from modelyard.catalog.group_histories import GroupHistories
from modelyard.catalog.metadata_artifacts import MetadataArtifacts
from modelyard.catalog.model_groups import ModelGroups
from modelyard.catalog.models import Models
from modelyard.catalog.projects import Projects
from modelyard.catalog.provenances import Provenances
from modelyard.catalog.version_sets import VersionSets
from modelyard.database.engine import Database
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.objects import Objects


class Catalog:
    """Be the services of the catalog.

    Args:
        database: Where rows are.
        blobs: Where artifacts are.
        objects: The objects of buckets, that models may refer to.
        clock: The time, with its zone.
        used_by: Tells which deployment serves a model or group or is in a project, so that none is deleted under it.
        limit: The largest artifact, in bytes; None takes any.
        upload_limit: The largest in one request.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        *,
        objects: Objects,
        clock: Clock,
        used_by: UsedBy,
        limit: int | None = None,
        upload_limit: int | None = None,
    ) -> None:
        self.projects = Projects(database, clock=clock, used_by=used_by)
        self.models = Models(database, blobs, clock=clock, used_by=used_by)
        self.artifacts = Artifacts(
            database, blobs, objects=objects, limit=limit, upload_limit=upload_limit, clock=clock
        )
        self.artifact_uploads = ArtifactUploads(database, blobs, artifacts=self.artifacts, limit=limit, clock=clock)
        self.provenances = Provenances(database, clock=clock)
        self.version_sets = VersionSets(database, blobs, clock=clock, used_by=used_by)
        self.metadata_artifacts = MetadataArtifacts(database, blobs)
        self.model_groups = ModelGroups(database, blobs, clock=clock, used_by=used_by)
        self.group_artifacts = GroupArtifacts(database, blobs, limit=limit, clock=clock)
        self.group_histories = GroupHistories(database, clock=clock)

    def unpack(self, digest: str, folder: Path) -> None:
        """Write the files of the artifact of a model or group into a new folder: all of them, or nothing.

        Raises:
            KeyError: Nothing has an artifact with this digest (any more).
            ArtifactError: The bytes are no archive, or an unsafe one.
        """
        try:
            self.artifacts.unpack(digest, folder)
        except KeyError:
            self.group_artifacts.unpack(digest, folder)

    def sweep(self) -> None:
        """Remove what a killed service left, and uploads that nobody came back to; while no upload is under way."""
        self.artifact_uploads.drop_old()
        self.artifacts.sweep()
