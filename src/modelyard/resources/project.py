"""Projects: the folders that models and deployments are kept in."""

from __future__ import annotations

from modelyard.lifecycle import ProjectState
from modelyard.resources.noun import DefinedTags, Description, DisplayName, FreeformTags, Identifier, Moment, Noun


class CreateProjectDetails(Noun, frozen=True, kw_only=True):
    """Say what a new project is to be."""

    compartment_id: Identifier
    display_name: DisplayName | None = None
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateProjectDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    display_name: DisplayName | None = None
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeProjectCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a project is to be in."""

    compartment_id: Identifier


class Project(Noun, frozen=True, kw_only=True):
    """Be a project."""

    id: str
    time_created: Moment
    display_name: str
    compartment_id: str
    created_by: str
    lifecycle_state: ProjectState
    description: str | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class ProjectSummary(Project, frozen=True, kw_only=True):
    """Be a project in a list."""
