"""The REST operations of log groups."""

from __future__ import annotations

from typing import Literal

from modelyard.database.retry_tokens import Repeatable
from modelyard.logs.log_groups import LogGroups
from modelyard.resources.logging import (
    ChangeLogGroupCompartmentDetails,
    CreateLogGroupDetails,
    LogGroup,
    LogGroupSummary,
    UpdateLogGroupDetails,
)
from modelyard.resources.noun import Identifier
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery
from modelyard.wire.replies import accepted, many, one

_ONE = "/logGroups/{log_group_id}"


class ListLogGroups(ListQuery, frozen=True, kw_only=True):
    """Be what log groups are listed by."""

    compartment_id: Identifier
    is_compartment_id_in_subtree: bool | None = None
    display_name: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class LogGroupOperations:
    """Answer for log groups.

    Args:
        groups: The rules.
        tenancy_id: The tenancy, below which every compartment is.
    """

    def __init__(self, groups: LogGroups, *, tenancy_id: str) -> None:
        self._groups = groups
        self._tenancy_id = tenancy_id

    @operation("POST", "/logGroups", request=CreateLogGroupDetails, status=202)
    def create_log_group(self, call: Call) -> Reply:
        """Create a log group; its work request says its OCID."""
        again = Repeatable.of(call, "create_log_group")
        return accepted(self._groups.create(call.body_as(CreateLogGroupDetails), again=again))

    @operation("GET", "/logGroups", query=ListLogGroups, response=LogGroupSummary, is_list=True)
    def list_log_groups(self, call: Call) -> Reply:
        """List the log groups of a compartment, or of all that are below the tenancy."""
        query = call.query_as(ListLogGroups)
        is_of_all = query.is_compartment_id_in_subtree and query.compartment_id == self._tenancy_id
        filters = {
            "compartment_id": None if is_of_all else query.compartment_id,
            "display_name": query.display_name,
        }
        return many(query, self._groups.list(query, filters), LogGroupSummary)

    @operation("GET", _ONE, response=LogGroup)
    def get_log_group(self, call: Call) -> Reply:
        """Get a log group."""
        return one(self._groups.get(_id(call)))

    @operation("PUT", _ONE, request=UpdateLogGroupDetails, status=202)
    def update_log_group(self, call: Call) -> Reply:
        """Change a log group's name, description or tags."""
        details = call.body_as(UpdateLogGroupDetails)
        return accepted(self._groups.update(_id(call), details, if_match=call.if_match))

    @operation("DELETE", _ONE, status=202)
    def delete_log_group(self, call: Call) -> Reply:
        """Delete a log group without logs."""
        return accepted(self._groups.delete(_id(call), if_match=call.if_match))

    @operation("POST", f"{_ONE}/actions/changeCompartment", request=ChangeLogGroupCompartmentDetails, status=202)
    def change_log_group_compartment(self, call: Call) -> Reply:
        """Put a log group and its logs into another compartment."""
        to = call.body_as(ChangeLogGroupCompartmentDetails).compartment_id
        return accepted(self._groups.change_compartment(_id(call), to, if_match=call.if_match))


def _id(call: Call) -> str:
    return call.path["log_group_id"]
