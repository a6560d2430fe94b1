"""What a drafted model is in the catalog: the entry that creates it, and the update that changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from modelyard.errors import UsageError
from modelyard.model.deploying import needed
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata, validate_together
from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails, UpdateModelDetails
from modelyard.settings import Settings

if TYPE_CHECKING:
    from modelyard.client.profile import Profile
    from modelyard.model.drafted_model import DraftedModel

_FIXED = ("project_id", "compartment_id", "input_schema", "output_schema")
"""What stays as it was created."""


def creation_of(model: DraftedModel, *, settings: Settings, home: Profile) -> CreateModelDetails:
    """Return what creates a model; what is not said is the environment's, else the home's.

    Raises:
        UsageError: No project or compartment is known, or the metadata is not allowed.
    """
    _validate(model)
    schemas = (model.input_schema, model.output_schema)
    texts = [schema.to_json() if schema and schema.fits_wire() else None for schema in schemas]
    project_id = model.project_id or settings.project_id or home.project_id
    compartment_id = model.compartment_id or settings.compartment_id or home.compartment_id
    return msgspec.structs.replace(
        CreateModelDetails(
            project_id=needed(project_id, "project_id", "PROJECT_OCID"),
            compartment_id=needed(compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID"),
            input_schema=texts[0],
            output_schema=texts[1],
        ),
        **_changeable(model),
    )


def changes_of(model: DraftedModel, was: DraftedModel) -> UpdateModelDetails:
    """Return the update that makes a model what it is to be.

    Raises:
        UsageError: Something is to be another that stays as it was created, or the metadata is not allowed.
    """
    for name in _FIXED:
        if model.get_spec(name) != was.get_spec(name):
            raise UsageError(f"The {name} of a model stays as it was created: create another model.")
    _validate(model)
    before = _changeable(was)
    changed = {name: value for name, value in _changeable(model).items() if value != before[name]}
    return msgspec.structs.replace(UpdateModelDetails(), **changed)


def provenance_of(model: DraftedModel) -> CreateModelProvenanceDetails | None:
    """Return where a model is said to come from, as the catalog takes it; None where nothing is said."""
    return model.provenance_metadata.to_wire() if model.provenance_metadata else None


def _validate(model: DraftedModel) -> None:
    validate_together(
        model.defined_metadata_list or ModelTaxonomyMetadata(), model.custom_metadata_list or ModelCustomMetadata()
    )


def _changeable(model: DraftedModel) -> dict[str, object]:
    taxonomy, custom = model.defined_metadata_list, model.custom_metadata_list
    retention, backup = model.retention_setting, model.backup_setting
    return {
        "display_name": model.display_name,
        "description": model.description,
        "freeform_tags": model.freeform_tags,
        "defined_tags": model.defined_tags,
        "custom_metadata_list": None if custom is None else custom.to_wire(),
        "defined_metadata_list": None if taxonomy is None else taxonomy.to_wire(),
        "model_version_set_id": model.model_version_set_id,
        "version_label": model.version_label,
        "retention_setting": None if retention is None else retention.to_wire(),
        "backup_setting": None if backup is None else backup.to_wire(),
    }
