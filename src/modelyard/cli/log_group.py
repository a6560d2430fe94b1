"""The log group commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument
from modelyard.cli.options import COMPARTMENT, DESCRIPTION

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.logging import LogGroupSummary

NOUN = Noun(name="log-group", summary="Log groups: what logs are in.")


def list_all(context: Context, given: Namespace) -> None:
    """List log groups."""
    from modelyard.client.logging import LoggingClient

    groups = LoggingClient(context.client.transport).list_log_groups(context.compartment(given.compartment_id))
    context.output.table(groups, _row, nothing="There are no log groups: `modelyard log-group create NAME` makes one.")


def create(context: Context, given: Namespace) -> None:
    """Create a log group."""
    from modelyard.client.logging import LoggingClient
    from modelyard.resources.logging import CreateLogGroupDetails

    details = CreateLogGroupDetails(
        compartment_id=context.compartment(given.compartment_id), display_name=given.name, description=given.description
    )
    id = LoggingClient(context.client.transport).create_log_group(details)
    context.output.done({"id": id}, f"Created log group {given.name}: {id}")


def _row(one: LogGroupSummary) -> dict[str, object]:
    return {"NAME": one.display_name, "STATE": one.lifecycle_state, "CREATED": one.time_created, "OCID": one.id}


COMMANDS = (
    Command(
        path=("log-group", "list"),
        summary="List the log groups, the newest first.",
        example="modelyard log-group list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
    Command(
        path=("log-group", "create"),
        summary="Create a log group.",
        example="modelyard log-group create wine",
        run=create,
        arguments=(argument("name", about="What it is called."), DESCRIPTION, COMPARTMENT),
    ),
)
