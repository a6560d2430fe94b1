"""Model version sets: models that are versions of one another."""

from __future__ import annotations

from typing import Literal

from modelyard.lifecycle import VersionSetState
from modelyard.resources.noun import DefinedTags, Description, DisplayName, FreeformTags, Identifier, Moment, Noun


class CreateModelVersionSetDetails(Noun, frozen=True, kw_only=True):
    """Say what a new version set is to be."""

    compartment_id: Identifier
    project_id: Identifier
    name: DisplayName
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateModelVersionSetDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays, and the name never changes."""

    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeModelVersionSetCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a version set is to be in."""

    compartment_id: Identifier


class ModelVersionSetSummary(Noun, frozen=True, kw_only=True):
    """Be a version set in a list."""

    id: str
    compartment_id: str
    project_id: str
    name: str
    lifecycle_state: VersionSetState
    time_created: Moment
    time_updated: Moment
    created_by: str
    category: Literal["USER", "SERVICE"] = "USER"
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class ModelVersionSet(ModelVersionSetSummary, frozen=True, kw_only=True):
    """Be a version set."""

    description: str | None = None
