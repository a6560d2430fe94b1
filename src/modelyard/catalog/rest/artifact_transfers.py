"""The REST operations that take an artifact from object storage and to it."""

from __future__ import annotations

from modelyard.catalog.artifact_transfers import ArtifactTransfers
from modelyard.catalog.model_references import ModelReferences
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.model import (
    ExportModelArtifactDetails,
    ImportModelArtifactDetails,
    RegisterModelArtifactReferenceDetails,
)
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import accepted


class Transfers:
    """Answer for transfers of artifacts."""

    def __init__(self, transfers: ArtifactTransfers, references: ModelReferences) -> None:
        self._transfers = transfers
        self._references = references

    @operation("POST", "/models/{model_id}/actions/exportArtifact", request=ExportModelArtifactDetails, status=202)
    def export_model_artifact(self, call: Call) -> Reply:
        """Make an object of object storage the model's artifact."""
        request = self._transfers.export_artifact(
            call.path["model_id"],
            call.body_as(ExportModelArtifactDetails).artifact_export_details,
            if_match=call.if_match,
            again=Repeatable.of(call, "export_model_artifact"),
        )
        return accepted(request)

    @operation("POST", "/models/{model_id}/actions/importArtifact", request=ImportModelArtifactDetails, status=202)
    def import_model_artifact(self, call: Call) -> Reply:
        """Put the model's artifact into object storage."""
        request = self._transfers.import_artifact(
            call.path["model_id"],
            call.body_as(ImportModelArtifactDetails).artifact_import_details,
            if_match=call.if_match,
        )
        return accepted(request)

    @operation(
        "POST",
        "/models/{model_id}/actions/registerArtifactReference",
        request=RegisterModelArtifactReferenceDetails,
        status=202,
    )
    def register_model_artifact_reference(self, call: Call) -> Reply:
        """Make objects of object storage the model, which refers to them."""
        request = self._references.register(
            call.path["model_id"],
            call.body_as(RegisterModelArtifactReferenceDetails).model_artifact_references,
            if_match=call.if_match,
            again=Repeatable.of(call, "register_model_artifact_reference"),
        )
        return accepted(request)
