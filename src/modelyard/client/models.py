"""The operations on models: entry, provenance and artifact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from modelyard.client import artifact_transfer
from modelyard.client.artifact_transfer import ArtifactHead, Progress
from modelyard.client.endpoint import Endpoint, decode, work_request_of
from modelyard.resources.model import (
    ArtifactExportDetailsObjectStorage,
    ArtifactImportDetailsObjectStorage,
    CreateModelDetails,
    CreateModelProvenanceDetails,
    ExportModelArtifactDetails,
    ImportModelArtifactDetails,
    Model,
    ModelProvenance,
    ModelSummary,
    OSSModelArtifactReferenceDetails,
    RegisterModelArtifactReferenceDetails,
    UpdateModelDetails,
    UpdateModelProvenanceDetails,
)


class ModelOperations:
    """Be the operations on models."""

    _endpoint: Endpoint

    def create_model(self, details: CreateModelDetails, *, retry_token: str | None = None) -> Model:
        """Create a catalog entry; its artifact follows with :meth:`create_model_artifact`.

        Args:
            details: What it is to be.
            retry_token: Makes the same call, by another process later, return the same model.
        """
        return decode(self._endpoint.create(details, "models", retry_token=retry_token), Model)

    def get_model(self, model_id: str) -> Model:
        """Return a model; a deleted one too."""
        return self._endpoint.get(Model, "models", model_id)

    def list_models(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        project_id: str | None = None,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        category: Literal["USER", "SERVICE"] | None = None,
        model_version_set_name: str | None = None,
        version_label: str | None = None,
        sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[ModelSummary]:
        """Give every model of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "id": id,
            "project_id": project_id,
            "display_name": display_name,
            "lifecycle_state": lifecycle_state,
            "created_by": created_by,
            "category": category,
            "model_version_set_name": model_version_set_name,
            "version_label": version_label,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(ModelSummary, "models", query=query)

    def update_model(self, model_id: str, details: UpdateModelDetails, *, if_match: str | None = None) -> Model:
        """Change what may change of a model; return it as it is now."""
        return decode(self._endpoint.update(details, "models", model_id, if_match=if_match), Model)

    def delete_model(self, model_id: str, *, if_match: str | None = None) -> None:
        """Delete a model and its artifact."""
        self._endpoint.delete("models", model_id, if_match=if_match)

    def activate_model(self, model_id: str, *, if_match: str | None = None) -> Model:
        """Let a model be deployed."""
        return decode(self._endpoint.act("models", model_id, "actions", "activate", if_match=if_match), Model)

    def deactivate_model(self, model_id: str, *, if_match: str | None = None) -> Model:
        """Let a model no longer be deployed."""
        return decode(self._endpoint.act("models", model_id, "actions", "deactivate", if_match=if_match), Model)

    def restore_archived_model_artifact(self, model_id: str, *, hours: int | None = None) -> str:
        """Ask for an artifact that was archived, for some hours; return the id of the work request."""
        query = {"restore_model_for_hours_specified": hours}
        path = ("models", model_id, "actions", "restore")
        return work_request_of(self._endpoint.act(*path, query=query, if_match=None))

    # ── provenance ───────────────────────────────────────────────────────────────────────────────────────────────────

    def create_model_provenance(self, model_id: str, details: CreateModelProvenanceDetails) -> ModelProvenance:
        """Say where a model comes from."""
        return decode(self._endpoint.create(details, "models", model_id, "provenance"), ModelProvenance)

    def get_model_provenance(self, model_id: str) -> ModelProvenance:
        """Return where a model comes from."""
        return self._endpoint.get(ModelProvenance, "models", model_id, "provenance")

    def update_model_provenance(
        self, model_id: str, details: UpdateModelProvenanceDetails, *, if_match: str | None = None
    ) -> ModelProvenance:
        """Change where a model is said to come from."""
        answer = self._endpoint.update(details, "models", model_id, "provenance", if_match=if_match)
        return decode(answer, ModelProvenance)

    # ── artifact ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def create_model_artifact(
        self, model_id: str, file: Path, *, file_name: str | None = None, progress: Progress | None = None
    ) -> None:
        """Send a model its artifact, once and for all.

        Args:
            model_id: The model.
            file: The archive; read in pieces.
            file_name: What a download is called; by default the file's own name.
            progress: Is told how many bytes are sent, and of how many.

        Raises:
            Conflict: The model has an artifact.
        """
        artifact_transfer.upload(
            self._endpoint.transport,
            model_id=model_id,
            file=file,
            file_name=file_name or file.name,
            progress=progress,
        )

    def get_model_artifact_content(
        self, model_id: str, file: Path, *, progress: Progress | None = None
    ) -> ArtifactHead:
        """Write a model's artifact to a file, which is there whole and checked, or not at all."""
        return artifact_transfer.download(self._endpoint.transport, model_id=model_id, file=file, progress=progress)

    def head_model_artifact(self, model_id: str) -> ArtifactHead:
        """Return an artifact's size, digest and file name."""
        answer = self._endpoint.head("models", model_id, "artifact", "content")
        return artifact_transfer.head_of(answer.headers)

    def export_model_artifact(
        self, model_id: str, source: ArtifactExportDetailsObjectStorage, *, retry_token: str | None = None
    ) -> str:
        """Ask for an object of a bucket to become a model's artifact; return the id of the work request."""
        details = ExportModelArtifactDetails(artifact_export_details=source)
        path = ("models", model_id, "actions", "exportArtifact")
        return work_request_of(self._endpoint.create(details, *path, retry_token=retry_token))

    def import_model_artifact(self, model_id: str, target: ArtifactImportDetailsObjectStorage) -> str:
        """Ask for a model's artifact to be put into a bucket; return the id of the work request."""
        details = ImportModelArtifactDetails(artifact_import_details=target)
        path = ("models", model_id, "actions", "importArtifact")
        return work_request_of(self._endpoint.create(details, *path))

    def register_model_artifact_reference(
        self, model_id: str, references: list[OSSModelArtifactReferenceDetails], *, retry_token: str | None = None
    ) -> str:
        """Make objects of buckets the model, which pins them as they are; return the id of the work request."""
        details = RegisterModelArtifactReferenceDetails(model_artifact_references=references)
        path = ("models", model_id, "actions", "registerArtifactReference")
        return work_request_of(self._endpoint.create(details, *path, retry_token=retry_token))
