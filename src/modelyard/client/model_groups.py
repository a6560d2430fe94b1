"""The operations on model groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelyard.client.endpoint import Endpoint, decode, work_request_of
from modelyard.resources.model_group import CreateModelGroupDetails, ModelGroup, ModelGroupSummary


class ModelGroupOperations:
    """Be the operations on model groups."""

    _endpoint: Endpoint

    def create_model_group(self, details: CreateModelGroupDetails) -> ModelGroup:
        """Create a group of models."""
        return decode(self._endpoint.create(details, "modelGroups"), ModelGroup)

    def get_model_group(self, model_group_id: str) -> ModelGroup:
        """Return a group; a deleted one too."""
        return self._endpoint.get(ModelGroup, "modelGroups", model_group_id)

    def list_model_groups(
        self,
        compartment_id: str,
        *,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[ModelGroupSummary]:
        """Give every group of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "display_name": display_name,
            "lifecycle_state": lifecycle_state,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(ModelGroupSummary, "modelGroups", query=query)

    def delete_model_group(self, model_group_id: str, *, if_match: str | None = None) -> str:
        """Ask for a group to be deleted, which its models are not; return the id of the work request."""
        return work_request_of(self._endpoint.delete("modelGroups", model_group_id, if_match=if_match))
