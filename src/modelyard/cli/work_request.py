"""The work-request commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument, option
from modelyard.cli.options import COMPARTMENT
from modelyard.cli.output import Section, by_name, shown

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.work_request import WorkRequest, WorkRequestSummary

NOUN = Noun(name="work-request", summary="Work requests: how what goes on after its answer stands.")

_STATES = ("ACCEPTED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELING", "CANCELED")


def list_all(context: Context, given: Namespace) -> None:
    """List work requests."""
    requests = context.client.list_work_requests(
        context.compartment(given.compartment_id),
        resource_id=given.resource,
        status=given.status,
        sort_by="timeAccepted",
        sort_order="DESC",
    )
    context.output.table(requests, _row, nothing="There are no work requests.")


def show(context: Context, given: Namespace) -> None:
    """Show a work request."""
    import msgspec

    request = context.client.get_work_request(given.work_request)
    logs = list(context.client.list_work_request_logs(request.id))
    errors = list(context.client.list_work_request_errors(request.id))
    context.output.sections(
        {**msgspec.to_builtins(request), "logs": logs, "errors": errors},
        [
            Section(f"work request {request.operation_type}", _values(request)),
            Section("log", by_name((shown(line.timestamp), line.message) for line in logs)),
            Section("errors", by_name((error.code, error.message) for error in errors)),
        ],
    )


def _row(one: WorkRequestSummary) -> dict[str, object]:
    return {
        "OPERATION": one.operation_type,
        "STATUS": one.status,
        "DONE": f"{one.percent_complete:.0f} %",
        "ACCEPTED": one.time_accepted,
        "OCID": one.id,
    }


def _values(request: WorkRequest) -> dict[str, object]:
    return {
        "ocid": request.id,
        "status": request.status,
        "done": f"{request.percent_complete:.0f} %",
        "accepted": request.time_accepted,
        "started": request.time_started,
        "finished": request.time_finished,
        "resources": [resource.identifier for resource in request.resources],
    }


COMMANDS = (
    Command(
        path=("work-request", "list"),
        summary="List the work requests, the newest first.",
        example="modelyard work-request list --status FAILED",
        run=list_all,
        arguments=(
            option("--status", choices=_STATES, about="Only those with this status."),
            option("--resource", metavar="OCID", about="Only those of this model, project or deployment."),
            COMPARTMENT,
        ),
    ),
    Command(
        path=("work-request", "show"),
        summary="Show a work request with its log and, where it failed, its errors.",
        example="modelyard work-request show ocid1.datascienceworkrequest.oc98.local-1.…",
        run=show,
        arguments=(argument("work_request", metavar="OCID", about="The work request's OCID."),),
    ),
)
