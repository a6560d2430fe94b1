"""The log commands."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument, option
from modelyard.cli.names import log_group_id
from modelyard.cli.options import hours

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.log_search import SearchResult
    from modelyard.resources.logging import LogSummary

NOUN = Noun(name="log", summary="Logs: what deployments write, entry by entry.")

_LONGEST_HOURS = 14 * 24


def list_all(context: Context, given: Namespace) -> None:
    """List logs."""
    from modelyard.client.logging import LoggingClient

    logs = LoggingClient(context.client.transport).list_logs(log_group_id(context, given.group))
    context.output.table(logs, _row, nothing=f"No log is there: `modelyard log create {given.group} NAME` makes one.")


def create(context: Context, given: Namespace) -> None:
    """Create a log."""
    from modelyard.client.logging import LoggingClient
    from modelyard.resources.logging import CreateLogDetails

    details = CreateLogDetails(display_name=given.name, log_type="CUSTOM", retention_duration=given.days)
    id = LoggingClient(context.client.transport).create_log(log_group_id(context, given.group), details)
    context.output.done({"id": id}, f"Created log {given.name}: {id}")


def search(context: Context, given: Namespace) -> None:
    """Search logs."""
    from modelyard.client.logging import LoggingClient
    from modelyard.resources.log_search import SearchLogsDetails

    end = datetime.now(timezone.utc)
    details = SearchLogsDetails(
        time_start=(end - timedelta(hours=min(given.hours, _LONGEST_HOURS))).isoformat(),
        time_end=end.isoformat(),
        search_query=given.query,
    )
    found = LoggingClient(context.client.transport).search_logs(details, limit=given.limit).results
    context.output.table(found, _entry, nothing="Nothing fits in that time.")


def _row(one: LogSummary) -> dict[str, object]:
    return {"NAME": one.display_name, "STATE": one.lifecycle_state, "DAYS": one.retention_duration, "OCID": one.id}


def _entry(one: SearchResult) -> dict[str, object]:
    content = one.data.get("logContent")
    if content is None:  # selected, or counted
        return {name.upper(): value for name, value in one.data.items()}
    message = content["data"].get("message", content["data"])
    return {"TIME": content["time"], "TYPE": content["type"].rpartition(".")[2], "MESSAGE": message}


_GROUP = argument("group", about="The log group's name or OCID.")

COMMANDS = (
    Command(
        path=("log", "list"),
        summary="List the logs of a group.",
        example="modelyard log list wine",
        run=list_all,
        arguments=(_GROUP,),
    ),
    Command(
        path=("log", "create"),
        summary="Create a log in a group.",
        example="modelyard log create wine access --days 90",
        run=create,
        arguments=(
            _GROUP,
            argument("name", about="What it is called."),
            option("--days", convert=int, about="For how many days entries are kept (30)."),
        ),
    ),
    Command(
        path=("log", "search"),
        summary="Search logs, the newest entry first.",
        example="modelyard log search 'search \"ocid1.compartment.oc98..c\" | where data.status >= 500' --hours 2",
        run=search,
        arguments=(
            argument("query", about="What to search, in the query language of OCI's log search."),
            option("--hours", convert=hours, default=24.0, about="How far back to look (24; 336 at most)."),
            option("--limit", convert=int, default=100, about="How many entries to show at most (100)."),
        ),
    ),
)
