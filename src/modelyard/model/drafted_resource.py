"""What the resources of the service have in common on paper: an OCID, a place, a name, a description and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.model.builder import Builder, moment, tags, tags_by_namespace, text

if TYPE_CHECKING:
    from typing_extensions import Self


class PlacedBuilder(Builder):
    """Be what is in a project and a compartment."""

    CONST_PROJECT_ID = "projectId"
    CONST_COMPARTMENT_ID = "compartmentId"

    project_id = text("The OCID of its project; by default the environment's, else the home's.")
    compartment_id = text("The OCID of its compartment; by default the environment's, else the home's.")

    def with_project_id(self, project_id: str) -> Self:
        """Say the project that it belongs to; return the builder."""
        return self.set_spec("project_id", project_id)

    def with_compartment_id(self, compartment_id: str) -> Self:
        """Say the compartment that it is in; return the builder."""
        return self.set_spec("compartment_id", compartment_id)


class DescribedBuilder(Builder):
    """Be what has an OCID once it is created, and what people say of it before."""

    CONST_ID = "id"
    CONST_DESCRIPTION = "description"
    CONST_FREEFORM_TAG = "freeformTags"
    CONST_DEFINED_TAG = "definedTags"

    id = text("The OCID; None before it is created.", is_told=True)
    description = text("What people read of it.")
    freeform_tags = tags("Its tags.")
    defined_tags = tags_by_namespace("Its tags by namespace.")

    def with_description(self, description: str) -> Self:
        """Say what people read of it; return the builder."""
        return self.set_spec("description", description)

    def with_freeform_tags(self, **kwargs: str) -> Self:
        """Say its tags, one keyword each, in place of those that it has; return the builder."""
        return self.set_spec("freeform_tags", kwargs)

    def with_defined_tags(self, **kwargs: dict[str, object]) -> Self:
        """Say its tags, one keyword for each namespace, in place of those that it has; return the builder."""
        return self.set_spec("defined_tags", kwargs)


class NamedBuilder(Builder):
    """Be what people know by a name that need not be the only one, and what the service tells of it later."""

    CONST_DISPLAY_NAME = "displayName"
    CONST_CREATED_BY = "createdBy"
    CONST_LIFECYCLE_STATE = "lifecycleState"
    CONST_LIFECYCLE_DETAILS = "lifecycleDetails"
    CONST_TIME_CREATED = "timeCreated"

    display_name = text("The name that people know it by.")
    created_by = text("The OCID of who created it.", is_told=True)
    lifecycle_details = text("Why its state is what it is.", is_told=True)
    time_created = moment("When it was created.")

    def with_display_name(self, display_name: str) -> Self:
        """Say the name that people know it by; return the builder."""
        return self.set_spec("display_name", display_name)
