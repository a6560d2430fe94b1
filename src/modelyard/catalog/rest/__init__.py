"""The REST operations of the catalog, a file for each noun."""

from __future__ import annotations

from modelyard.catalog.artifact_transfers import ArtifactTransfers
from modelyard.catalog.model_references import ModelReferences
from modelyard.catalog.rest.artifact_transfers import Transfers
from modelyard.catalog.rest.artifact_uploads import ArtifactUploads
from modelyard.catalog.rest.artifacts import ModelArtifacts
from modelyard.catalog.rest.group_histories import GroupHistories
from modelyard.catalog.rest.metadata_artifacts import CustomMetadataArtifacts, DefinedMetadataArtifacts
from modelyard.catalog.rest.model_groups import Groups, ModelGroupArtifacts
from modelyard.catalog.rest.models import Models
from modelyard.catalog.rest.projects import Projects
from modelyard.catalog.rest.provenances import Provenances
from modelyard.catalog.rest.version_sets import VersionSets
from modelyard.catalog.service import Catalog
from modelyard.wire.operation import Operation, operations_of


def operations(catalog: Catalog, transfers: ArtifactTransfers, references: ModelReferences) -> list[Operation]:
    """Return the catalog's rows of the route table."""
    handlers = (
        Projects(catalog.projects),
        Models(catalog.models),
        Provenances(catalog.provenances),
        ModelArtifacts(catalog.artifacts),
        ArtifactUploads(catalog.artifact_uploads),
        Transfers(transfers, references),
        CustomMetadataArtifacts(catalog.metadata_artifacts),
        DefinedMetadataArtifacts(catalog.metadata_artifacts),
        VersionSets(catalog.version_sets),
        Groups(catalog.model_groups),
        ModelGroupArtifacts(catalog.group_artifacts),
        GroupHistories(catalog.group_histories),
    )
    return [row for each in handlers for row in operations_of(each)]
