"""The operations on projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelyard.client.endpoint import Endpoint, decode, work_request_of
from modelyard.resources.project import CreateProjectDetails, Project, ProjectSummary, UpdateProjectDetails

SortOrder = Literal["ASC", "DESC"]


class ProjectOperations:
    """Be the operations on projects."""

    _endpoint: Endpoint

    def create_project(self, details: CreateProjectDetails) -> Project:
        """Create a project."""
        return decode(self._endpoint.create(details, "projects"), Project)

    def get_project(self, project_id: str) -> Project:
        """Return a project."""
        return self._endpoint.get(Project, "projects", project_id)

    def list_projects(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        sort_by: Literal["timeCreated", "displayName"] | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
    ) -> Iterator[ProjectSummary]:
        """Give every project of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "id": id,
            "display_name": display_name,
            "lifecycle_state": lifecycle_state,
            "created_by": created_by,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(ProjectSummary, "projects", query=query)

    def update_project(self, project_id: str, details: UpdateProjectDetails, *, if_match: str | None = None) -> Project:
        """Change a project; return it as it is now."""
        return decode(self._endpoint.update(details, "projects", project_id, if_match=if_match), Project)

    def delete_project(self, project_id: str, *, if_match: str | None = None) -> str:
        """Delete a project; return the id of the work request that tells when it is gone."""
        return work_request_of(self._endpoint.delete("projects", project_id, if_match=if_match))
