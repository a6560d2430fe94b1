"""What the service is told of a model version set: what creates it, and what changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.model.deploying import needed
from modelyard.resources.version_set import (
    CreateModelVersionSetDetails,
    ModelVersionSet,
    UpdateModelVersionSetDetails,
)

if TYPE_CHECKING:
    from modelyard.client.profile import Profile
    from modelyard.model.drafted_version_set import DraftedVersionSet


def creation_of(draft: DraftedVersionSet, *, home: Profile) -> CreateModelVersionSetDetails:
    """Return what creates a version set; what is not said is the home's.

    Raises:
        UsageError: No name, project or compartment is known.
    """
    compartment_id = draft.compartment_id or home.compartment_id
    if draft.name is None:
        raise UsageError("The model version set has no name: with_name(…), or build(), which finds one.")
    return CreateModelVersionSetDetails(
        compartment_id=needed(compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID"),
        project_id=needed(draft.project_id or home.project_id, "project_id", "PROJECT_OCID"),
        name=draft.name,
        description=draft.description,
        freeform_tags=draft.freeform_tags,
        defined_tags=draft.defined_tags,
    )


def changes_of(draft: DraftedVersionSet, was: ModelVersionSet) -> UpdateModelVersionSetDetails:
    """Return what makes a version set of the catalog what it is to be.

    Raises:
        UsageError: Its name, project or compartment is to be another, which stay as they were created.
    """
    for field in ("name", "project_id", "compartment_id"):
        if draft.get_spec(field) not in (None, getattr(was, field)):
            raise UsageError(f"The {field} of a model version set stays {getattr(was, field)!r}: create another.")
    return UpdateModelVersionSetDetails(
        description=draft.description if draft.description != was.description else None,
        freeform_tags=draft.freeform_tags if draft.freeform_tags != was.freeform_tags else None,
        defined_tags=draft.defined_tags if draft.defined_tags != was.defined_tags else None,
    )
