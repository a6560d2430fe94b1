"""The catalog: a service for each of its nouns, over one database and one store of blobs."""

from __future__ import annotations

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


class Catalog:
    """Be the services of the catalog.

    Args:
        database: Where rows are.
        blobs: Where artifacts are.
        clock: The time, with its zone.
        used_by: Tells which deployment serves a model or is in a project, so that neither is deleted under it.
        limit: The largest artifact of a model group, in bytes; None takes any.
    """

    def __init__(
        self, database: Database, blobs: BlobStore, *, clock: Clock, used_by: UsedBy, limit: int | None = None
    ) -> None:
        self.projects = Projects(database, clock=clock, used_by=used_by)
        self.models = Models(database, blobs, clock=clock, used_by=used_by)
        self.provenances = Provenances(database, clock=clock)
        self.version_sets = VersionSets(database, blobs, clock=clock, used_by=used_by)
        self.metadata_artifacts = MetadataArtifacts(database, blobs)
        self.model_groups = ModelGroups(database, blobs, clock=clock)
        self.group_artifacts = GroupArtifacts(database, blobs, limit=limit, clock=clock)
        self.group_histories = GroupHistories(database, clock=clock)
