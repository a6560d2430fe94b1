"""The REST operations of models."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.catalog import models
from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import ModelState
from modelyard.resources.model import (
    ChangeModelCompartmentDetails,
    CreateModelDetails,
    Model,
    ModelSummary,
    UpdateModelDetails,
)
from modelyard.resources.noun import Identifier, Noun
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import accepted, many, nothing, one

_BACKUP = "backups to another region."


class ListModels(ListQuery, frozen=True, kw_only=True):
    """Be what models are listed by."""

    compartment_id: Identifier
    project_id: str | None = None
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ModelState | None = None
    created_by: str | None = None
    category: Literal["USER", "SERVICE"] | None = None
    model_version_set_name: str | None = None
    version_label: str | None = None
    sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None


class Restoration(Noun, frozen=True, kw_only=True):
    """Be how long an archived artifact is wanted back."""

    restore_model_for_hours_specified: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class Models:
    """Answer for models."""

    def __init__(self, service: models.Models) -> None:
        self._models = service

    @operation("POST", "/models", request=CreateModelDetails, response=Model, not_implemented=_BACKUP)
    def create_model(self, call: Call) -> Reply:
        """Create a model; its artifact follows."""
        details = call.body_as(CreateModelDetails)
        again = Repeatable.of(call, "create_model")
        return one(self._models.create(details, caller=call.caller, again=again))

    @operation("GET", "/models", query=ListModels, response=ModelSummary, is_list=True)
    def list_models(self, call: Call) -> Reply:
        """List the models of a compartment."""
        query = call.query_as(ListModels)
        return many(query, self._models.list(query, filters_of(query)), ModelSummary)

    @operation("GET", "/models/{model_id}", response=Model)
    def get_model(self, call: Call) -> Reply:
        """Get a model."""
        return one(self._models.get(call.path["model_id"]))

    @operation("PUT", "/models/{model_id}", request=UpdateModelDetails, response=Model, not_implemented=_BACKUP)
    def update_model(self, call: Call) -> Reply:
        """Change a model's name, description, tags, metadata, version set or settings."""
        details = call.body_as(UpdateModelDetails)
        return one(self._models.update(call.path["model_id"], details, if_match=call.if_match))

    @operation("DELETE", "/models/{model_id}", status=204)
    def delete_model(self, call: Call) -> Reply:
        """Delete a model and its artifact."""
        self._models.delete(call.path["model_id"], if_match=call.if_match)
        return nothing()

    @operation("POST", "/models/{model_id}/actions/activate", response=Model)
    def activate_model(self, call: Call) -> Reply:
        """Let a model be deployed."""
        return one(self._models.move(call.path["model_id"], "activate", if_match=call.if_match))

    @operation("POST", "/models/{model_id}/actions/deactivate", response=Model)
    def deactivate_model(self, call: Call) -> Reply:
        """Keep a model from being deployed."""
        return one(self._models.move(call.path["model_id"], "deactivate", if_match=call.if_match))

    @operation(
        "POST", "/models/{model_id}/actions/changeCompartment", request=ChangeModelCompartmentDetails, status=204
    )
    def change_model_compartment(self, call: Call) -> Reply:
        """Put a model into another compartment."""
        details = call.body_as(ChangeModelCompartmentDetails)
        again = Repeatable.of(call, "change_model_compartment")
        id = call.path["model_id"]
        etag = self._models.change_compartment(id, details.compartment_id, again=again, if_match=call.if_match)
        return nothing(etag=etag)

    @operation("POST", "/models/{model_id}/actions/restore", query=Restoration, status=202)
    def restore_archived_model_artifact(self, call: Call) -> Reply:
        """Bring an archived artifact back; none is archived here, so that it ends at once."""
        again = Repeatable.of(call, "restore_archived_model_artifact")
        return accepted(self._models.restore(call.path["model_id"], again=again, if_match=call.if_match))
