"""The REST operations of model version sets."""

from __future__ import annotations

from typing import Literal

from modelyard.catalog import version_sets
from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import VersionSetState
from modelyard.resources.noun import Identifier, Noun
from modelyard.resources.version_set import (
    ChangeModelVersionSetCompartmentDetails,
    CreateModelVersionSetDetails,
    ModelVersionSet,
    ModelVersionSetSummary,
    UpdateModelVersionSetDetails,
)
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import accepted, many, one


class ListModelVersionSets(ListQuery, frozen=True, kw_only=True):
    """Be what version sets are listed by."""

    compartment_id: Identifier
    category: Literal["USER", "SERVICE"] | None = None
    id: str | None = None
    project_id: str | None = None
    name: str | None = None
    lifecycle_state: VersionSetState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "name", "lifecycleState"] | None = None


class DeleteModelVersionSet(Noun, frozen=True, kw_only=True):
    """Be whether the models of a version set go with it."""

    is_delete_related_models: bool = False


class VersionSets:
    """Answer for model version sets."""

    def __init__(self, service: version_sets.VersionSets) -> None:
        self._version_sets = service

    @operation("POST", "/modelVersionSets", request=CreateModelVersionSetDetails, response=ModelVersionSet)
    def create_model_version_set(self, call: Call) -> Reply:
        """Create a version set; models join it as they are created or updated."""
        details = call.body_as(CreateModelVersionSetDetails)
        again = Repeatable.of(call, "create_model_version_set")
        return one(self._version_sets.create(details, caller=call.caller, again=again))

    @operation("GET", "/modelVersionSets", query=ListModelVersionSets, response=ModelVersionSetSummary, is_list=True)
    def list_model_version_sets(self, call: Call) -> Reply:
        """List the version sets of a compartment."""
        query = call.query_as(ListModelVersionSets)
        return many(query, self._version_sets.list(query, filters_of(query)), ModelVersionSetSummary)

    @operation("GET", "/modelVersionSets/{model_version_set_id}", response=ModelVersionSet)
    def get_model_version_set(self, call: Call) -> Reply:
        """Get a version set."""
        return one(self._version_sets.get(_id(call)))

    @operation(
        "PUT",
        "/modelVersionSets/{model_version_set_id}",
        request=UpdateModelVersionSetDetails,
        response=ModelVersionSet,
    )
    def update_model_version_set(self, call: Call) -> Reply:
        """Change a version set's description or tags."""
        details = call.body_as(UpdateModelVersionSetDetails)
        return one(self._version_sets.update(_id(call), details, if_match=call.if_match))

    @operation(
        "POST",
        "/modelVersionSets/{model_version_set_id}/actions/changeCompartment",
        request=ChangeModelVersionSetCompartmentDetails,
        status=202,
    )
    def change_model_version_set_compartment(self, call: Call) -> Reply:
        """Put a version set into another compartment."""
        to = call.body_as(ChangeModelVersionSetCompartmentDetails).compartment_id
        again = Repeatable.of(call, "change_model_version_set_compartment")
        return accepted(self._version_sets.change_compartment(_id(call), to, again=again, if_match=call.if_match))

    @operation("DELETE", "/modelVersionSets/{model_version_set_id}", query=DeleteModelVersionSet, status=202)
    def delete_model_version_set(self, call: Call) -> Reply:
        """Delete a version set without models, or with them."""
        with_models = call.query_as(DeleteModelVersionSet).is_delete_related_models
        return accepted(self._version_sets.delete(_id(call), with_models=with_models, if_match=call.if_match))


def _id(call: Call) -> str:
    return call.path["model_version_set_id"]
