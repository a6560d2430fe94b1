"""The REST operations of projects."""

from __future__ import annotations

from typing import Literal

from modelyard.catalog import projects
from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import ProjectState
from modelyard.resources.noun import Identifier
from modelyard.resources.project import (
    ChangeProjectCompartmentDetails,
    CreateProjectDetails,
    Project,
    ProjectSummary,
    UpdateProjectDetails,
)
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import accepted, many, nothing, one


class ListProjects(ListQuery, frozen=True, kw_only=True):
    """Be what projects are listed by."""

    compartment_id: Identifier
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ProjectState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class Projects:
    """Answer for projects."""

    def __init__(self, service: projects.Projects) -> None:
        self._projects = service

    @operation("POST", "/projects", request=CreateProjectDetails, response=Project)
    def create_project(self, call: Call) -> Reply:
        """Create a project."""
        details = call.body_as(CreateProjectDetails)
        again = Repeatable.of(call, "create_project")
        return one(self._projects.create(details, caller=call.caller, again=again))

    @operation("GET", "/projects", query=ListProjects, response=ProjectSummary, is_list=True)
    def list_projects(self, call: Call) -> Reply:
        """List the projects of a compartment."""
        query = call.query_as(ListProjects)
        return many(query, self._projects.list(query, filters_of(query)), ProjectSummary)

    @operation("GET", "/projects/{project_id}", response=Project)
    def get_project(self, call: Call) -> Reply:
        """Get a project."""
        return one(self._projects.get(call.path["project_id"]))

    @operation("PUT", "/projects/{project_id}", request=UpdateProjectDetails, response=Project)
    def update_project(self, call: Call) -> Reply:
        """Change a project's name, description or tags."""
        details = call.body_as(UpdateProjectDetails)
        return one(self._projects.update(call.path["project_id"], details, if_match=call.if_match))

    @operation(
        "POST",
        "/projects/{project_id}/actions/changeCompartment",
        request=ChangeProjectCompartmentDetails,
        status=204,
    )
    def change_project_compartment(self, call: Call) -> Reply:
        """Put a project into another compartment."""
        details = call.body_as(ChangeProjectCompartmentDetails)
        again = Repeatable.of(call, "change_project_compartment")
        id = call.path["project_id"]
        etag = self._projects.change_compartment(id, details.compartment_id, again=again, if_match=call.if_match)
        return nothing(etag=etag)

    @operation("DELETE", "/projects/{project_id}", status=202)
    def delete_project(self, call: Call) -> Reply:
        """Delete an empty project."""
        return accepted(self._projects.delete(call.path["project_id"], if_match=call.if_match))
