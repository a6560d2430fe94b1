"""The operations on model version sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelyard.client.endpoint import Endpoint, decode, work_request_of
from modelyard.resources.version_set import (
    ChangeModelVersionSetCompartmentDetails,
    CreateModelVersionSetDetails,
    ModelVersionSet,
    ModelVersionSetSummary,
    UpdateModelVersionSetDetails,
)


class VersionSetOperations:
    """Be the operations on model version sets."""

    _endpoint: Endpoint

    def create_model_version_set(
        self, details: CreateModelVersionSetDetails, *, retry_token: str | None = None
    ) -> ModelVersionSet:
        """Create a version set without models.

        Args:
            details: What it is to be.
            retry_token: Makes the same call, by another process later, return the same version set.

        Raises:
            Conflict: The compartment has a version set of this name.
        """
        return decode(self._endpoint.create(details, "modelVersionSets", retry_token=retry_token), ModelVersionSet)

    def get_model_version_set(self, model_version_set_id: str) -> ModelVersionSet:
        """Return a version set; a deleted one too."""
        return self._endpoint.get(ModelVersionSet, "modelVersionSets", model_version_set_id)

    def list_model_version_sets(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        project_id: str | None = None,
        name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        category: Literal["USER", "SERVICE"] | None = None,
        sort_by: Literal["timeCreated", "name", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[ModelVersionSetSummary]:
        """Give every version set of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "id": id,
            "project_id": project_id,
            "name": name,
            "lifecycle_state": lifecycle_state,
            "created_by": created_by,
            "category": category,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(ModelVersionSetSummary, "modelVersionSets", query=query)

    def update_model_version_set(
        self, model_version_set_id: str, details: UpdateModelVersionSetDetails, *, if_match: str | None = None
    ) -> ModelVersionSet:
        """Change a version set's description or tags; return it as it is now."""
        answer = self._endpoint.update(details, "modelVersionSets", model_version_set_id, if_match=if_match)
        return decode(answer, ModelVersionSet)

    def change_model_version_set_compartment(
        self,
        model_version_set_id: str,
        details: ChangeModelVersionSetCompartmentDetails,
        *,
        retry_token: str | None = None,
    ) -> str:
        """Put a version set into another compartment, its models stay; return the id of the work request."""
        path = ("modelVersionSets", model_version_set_id, "actions", "changeCompartment")
        return work_request_of(self._endpoint.create(details, *path, retry_token=retry_token))

    def delete_model_version_set(
        self, model_version_set_id: str, *, is_delete_related_models: bool = False, if_match: str | None = None
    ) -> str:
        """Delete a version set; return the id of the work request that tells when it is gone.

        Args:
            model_version_set_id: The version set.
            is_delete_related_models: Whether to delete its models with it.
            if_match: The etag that it must still have.

        Raises:
            Conflict: It has models that are not to be deleted, or that a deployment serves. Nothing was deleted.
        """
        query = {"is_delete_related_models": "true" if is_delete_related_models else None}
        path = ("modelVersionSets", model_version_set_id)
        return work_request_of(self._endpoint.delete(*path, query=query, if_match=if_match))
