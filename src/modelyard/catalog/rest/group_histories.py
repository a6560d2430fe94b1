"""The REST operations of model group version histories."""

from __future__ import annotations

from typing import Literal

from modelyard.catalog import group_histories
from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import GroupHistoryState
from modelyard.resources.model_group import (
    ChangeModelGroupVersionHistoryCompartmentDetails,
    CreateModelGroupVersionHistoryDetails,
    ModelGroupVersionHistory,
    ModelGroupVersionHistorySummary,
    UpdateModelGroupVersionHistoryDetails,
)
from modelyard.resources.noun import Identifier
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import accepted, many, nothing, one

_ONE = "/modelGroupVersionHistory/{model_group_version_history_id}"


class ListModelGroupVersionHistories(ListQuery, frozen=True, kw_only=True):
    """Be what version histories are listed by."""

    compartment_id: Identifier
    project_id: str | None = None
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: GroupHistoryState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None


class GroupHistories:
    """Answer for the version histories of model groups."""

    def __init__(self, service: group_histories.GroupHistories) -> None:
        self._histories = service

    @operation(
        "POST",
        "/modelGroupVersionHistory",
        request=CreateModelGroupVersionHistoryDetails,
        response=ModelGroupVersionHistory,
    )
    def create_model_group_version_history(self, call: Call) -> Reply:
        """Create a version history; model groups join it as they are created or updated."""
        details = call.body_as(CreateModelGroupVersionHistoryDetails)
        again = Repeatable.of(call, "create_model_group_version_history")
        return one(self._histories.create(details, caller=call.caller, again=again))

    @operation(
        "GET",
        "/modelGroupVersionHistory",
        query=ListModelGroupVersionHistories,
        response=ModelGroupVersionHistorySummary,
        is_list=True,
    )
    def list_model_group_version_histories(self, call: Call) -> Reply:
        """List the version histories of a compartment."""
        query = call.query_as(ListModelGroupVersionHistories)
        return many(query, self._histories.list(query, filters_of(query)), ModelGroupVersionHistorySummary)

    @operation("GET", _ONE, response=ModelGroupVersionHistory)
    def get_model_group_version_history(self, call: Call) -> Reply:
        """Get a version history."""
        return one(self._histories.get(_id(call)))

    @operation("PUT", _ONE, request=UpdateModelGroupVersionHistoryDetails, response=ModelGroupVersionHistory)
    def update_model_group_version_history(self, call: Call) -> Reply:
        """Change a version history's name, description, tags or latest group."""
        details = call.body_as(UpdateModelGroupVersionHistoryDetails)
        return one(self._histories.update(_id(call), details, if_match=call.if_match))

    @operation(
        "POST",
        f"{_ONE}/actions/changeCompartment",
        request=ChangeModelGroupVersionHistoryCompartmentDetails,
        status=204,
    )
    def change_model_group_version_history_compartment(self, call: Call) -> Reply:
        """Put a version history into another compartment."""
        to = call.body_as(ChangeModelGroupVersionHistoryCompartmentDetails).compartment_id
        again = Repeatable.of(call, "change_model_group_version_history_compartment")
        return nothing(etag=self._histories.change_compartment(_id(call), to, again=again, if_match=call.if_match))

    @operation("DELETE", _ONE, status=202)
    def delete_model_group_version_history(self, call: Call) -> Reply:
        """Delete a version history without groups."""
        return accepted(self._histories.delete(_id(call), if_match=call.if_match))


def _id(call: Call) -> str:
    return call.path["model_group_version_history_id"]
