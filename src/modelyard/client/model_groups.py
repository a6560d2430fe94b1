"""The operations on model groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from modelyard.client.artifact_transfer import pieces_of
from modelyard.client.endpoint import Endpoint, decode, path_of, work_request_of
from modelyard.client.transport import Request, new_retry_token
from modelyard.resources.model_group import (
    CloneModelGroupDetails,
    CreateModelGroupDetails,
    ModelGroup,
    ModelGroupSummary,
    UpdateModelGroupDetails,
)


class ModelGroupOperations:
    """Be the operations on model groups."""

    _endpoint: Endpoint

    def create_model_group(self, details: CreateModelGroupDetails | CloneModelGroupDetails) -> ModelGroup:
        """Create a group of models, anew or like another."""
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

    def update_model_group(
        self, model_group_id: str, details: UpdateModelGroupDetails, *, if_match: str | None = None
    ) -> ModelGroup:
        """Change what may change of a group; return it as it is now."""
        return decode(self._endpoint.update(details, "modelGroups", model_group_id, if_match=if_match), ModelGroup)

    def activate_model_group(self, model_group_id: str, *, if_match: str | None = None) -> ModelGroup:
        """Let a group be deployed."""
        path = ("modelGroups", model_group_id, "actions", "activate")
        return decode(self._endpoint.act(*path, if_match=if_match), ModelGroup)

    def deactivate_model_group(self, model_group_id: str, *, if_match: str | None = None) -> ModelGroup:
        """Let a group no longer be deployed."""
        path = ("modelGroups", model_group_id, "actions", "deactivate")
        return decode(self._endpoint.act(*path, if_match=if_match), ModelGroup)

    def create_model_group_artifact(self, model_group_id: str, file: Path, *, file_name: str) -> None:
        """Send a group the archive of the score.py that its models share.

        Raises:
            Conflict: The group has an artifact.
        """
        self._endpoint.transport.send(
            Request(
                method="POST",
                path=path_of("modelGroups", model_group_id, "artifact"),
                stream=lambda: pieces_of(file),
                length=file.stat().st_size,
                content_type="application/octet-stream",
                headers={"content-disposition": f'attachment; filename="{file_name}"'},
                retry_token=new_retry_token(),
            )
        )
