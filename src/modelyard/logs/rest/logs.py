"""The REST operations of logs."""

from __future__ import annotations

from typing import Literal

from modelyard.database.retry_tokens import Repeatable
from modelyard.logs.named_logs import Logs
from modelyard.resources.logging import (
    ChangeLogLogGroupDetails,
    CreateLogDetails,
    Log,
    LoggingState,
    LogSummary,
    LogType,
    UpdateLogDetails,
)
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import accepted, many, one

_ALL = "/logGroups/{log_group_id}/logs"
_ONE = f"{_ALL}/{{log_id}}"


class ListLogs(ListQuery, frozen=True, kw_only=True):
    """Be what the logs of a group are listed by."""

    log_type: LogType | None = None
    source_service: str | None = None
    source_resource: str | None = None
    display_name: str | None = None
    lifecycle_state: LoggingState | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class LogOperations:
    """Answer for logs."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    @operation("POST", _ALL, request=CreateLogDetails, status=202)
    def create_log(self, call: Call) -> Reply:
        """Create a log; its work request says its OCID."""
        again = Repeatable.of(call, "create_log")
        return accepted(self._logs.create(_group(call), call.body_as(CreateLogDetails), again=again))

    @operation("GET", _ALL, query=ListLogs, response=LogSummary, is_list=True)
    def list_logs(self, call: Call) -> Reply:
        """List the logs of a group."""
        query = call.query_as(ListLogs)
        return many(query, self._logs.list(_group(call), query, filters_of(query)), LogSummary)

    @operation("GET", _ONE, response=Log)
    def get_log(self, call: Call) -> Reply:
        """Get a log."""
        return one(self._logs.get(_group(call), _id(call)))

    @operation("PUT", _ONE, request=UpdateLogDetails, status=202)
    def update_log(self, call: Call) -> Reply:
        """Change a log, enable it or disable it."""
        details = call.body_as(UpdateLogDetails)
        return accepted(self._logs.update(_group(call), _id(call), details, if_match=call.if_match))

    @operation("DELETE", _ONE, status=202)
    def delete_log(self, call: Call) -> Reply:
        """Delete a log and its entries."""
        return accepted(self._logs.delete(_group(call), _id(call), if_match=call.if_match))

    @operation("POST", f"{_ONE}/actions/changeLogGroup", request=ChangeLogLogGroupDetails, status=202)
    def change_log_log_group(self, call: Call) -> Reply:
        """Put a log into another log group."""
        to = call.body_as(ChangeLogLogGroupDetails).target_log_group_id
        return accepted(self._logs.change_log_group(_group(call), _id(call), to, if_match=call.if_match))


def _group(call: Call) -> str:
    return call.path["log_group_id"]


def _id(call: Call) -> str:
    return call.path["log_id"]
