"""The deployment commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli import containers, deployment_logs, scaling
from modelyard.cli.command import Command, Noun, argument, flag, option, repeated
from modelyard.cli.deployment_details import create_details, update_details
from modelyard.cli.deployment_shown import configuration_values, log_values, state_values
from modelyard.cli.following import WAITING, follow
from modelyard.cli.names import deployment_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, NAME, NEW_NAME, PROJECT
from modelyard.cli.output import Section
from modelyard.cli.payload import CONTENT_TYPE, DATA, print_answer, read_payload
from modelyard.cli.replica_logs import follow_logs, print_logs
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import ModelDeploymentSummary

NOUN = Noun(name="deployment", summary="Deployments: models that answer predictions over HTTP.")

_STATES = ("CREATING", "ACTIVE", "UPDATING", "INACTIVE", "FAILED", "NEEDS_ATTENTION", "DELETING", "DELETED")


def list_all(context: Context, given: Namespace) -> None:
    """List deployments."""
    deployments = context.client.list_model_deployments(
        context.compartment(given.compartment_id),
        project_id=context.project(given.project) if given.project else None,
        lifecycle_state=given.state,
        sort_by="timeCreated",
        sort_order="DESC",
    )
    shown = (one for one in deployments if given.state or one.lifecycle_state != "DELETED")
    nothing = "There are no deployments: `modelyard deployment create --model MODEL` makes one."
    context.output.table(shown, _row, nothing=nothing)


def show(context: Context, given: Namespace) -> None:
    """Show a deployment."""
    deployment = context.client.get_model_deployment(deployment_id(context, given.deployment))
    context.output.sections(
        deployment,
        [
            Section(f"deployment {deployment.display_name}", state_values(deployment)),
            Section("configuration", configuration_values(deployment)),
            Section("logs", log_values(deployment)),
            Section("tags", dict(deployment.freeform_tags)),
        ],
    )


def create(context: Context, given: Namespace) -> None:
    """Deploy a model."""
    created = context.client.create_model_deployment(create_details(context, given))
    found = created.deployment
    _finish(context, given, found.id, work_request_id=created.work_request_id, what="The deployment", done="Deployed")


def update(context: Context, given: Namespace) -> None:
    """Change a deployment."""
    found = deployment_id(context, given.deployment)
    current = context.client.get_model_deployment(found)
    work_request_id = context.client.update_model_deployment(found, update_details(context, given, current))
    _finish(context, given, found, work_request_id=work_request_id, what="The update", done="Updated")


def activate(context: Context, given: Namespace) -> None:
    """Serve an inactive deployment again."""
    found = deployment_id(context, given.deployment)
    work_request_id = context.client.activate_model_deployment(found)
    _finish(context, given, found, work_request_id=work_request_id, what="The activation", done="Activated")


def deactivate(context: Context, given: Namespace) -> None:
    """Stop serving a deployment."""
    found = deployment_id(context, given.deployment)
    work_request_id = context.client.deactivate_model_deployment(found)
    _finish(context, given, found, work_request_id=work_request_id, what="The deactivation", done="Deactivated")


def delete(context: Context, given: Namespace) -> None:
    """Delete a deployment."""
    found = deployment_id(context, given.deployment)
    work_request_id = context.client.delete_model_deployment(found)
    _finish(context, given, found, work_request_id=work_request_id, what="The deletion", done="Deleted")


def predict(context: Context, given: Namespace) -> None:
    """Send one prediction."""
    if given.member is not None and not given.member.isprintable():
        raise UsageError(f"--for is given {given.member!r}, which is no inference key and no OCID.")
    body = read_payload(given.data)
    answer = context.client.predict(
        deployment_id(context, given.deployment),
        body,
        content_type=given.content_type,
        headers=None if given.member is None else {_MEMBER_HEADER: given.member},
    )
    print_answer(context, answer.body, content_type=answer.headers.get("content-type", ""))
    if given.trace:
        for name in ("modelyard-model", "modelyard-artifact", "modelyard-environment", "modelyard-git-commit"):
            if name in answer.headers:
                context.output.note(f"{name.removeprefix('modelyard-')}: {answer.headers[name]}")
        context.output.note(f"request: {answer.headers.get('opc-request-id', '-')}")


def logs(context: Context, given: Namespace) -> None:
    """Print what the replicas of a deployment printed."""
    if given.follow and context.output.format == "json":
        raise UsageError("--follow prints lines as they come, which are no JSON: leave --output json out, or --follow.")
    found = deployment_id(context, given.deployment)
    if given.follow:
        follow_logs(context, found, lines=given.lines)
    else:
        print_logs(context, found, lines=given.lines)


def _row(one: ModelDeploymentSummary) -> dict[str, object]:
    return {
        "NAME": one.display_name,
        "STATE": one.lifecycle_state,
        "CREATED": one.time_created,
        "OCID": one.id,
    }


def _finish(context: Context, given: Namespace, found: str, *, work_request_id: str, what: str, done: str) -> None:
    if given.wait:
        follow(context, work_request_id, what=what, seconds=given.max_wait)
    deployment = context.client.get_model_deployment(found)
    if given.wait:
        is_asked = deployment.lifecycle_state == "ACTIVE" and deployment.deployment_mode == "HTTPS_ONLY"
        where = f"\n{deployment.model_deployment_url}/predict" if is_asked else ""
        sentence = f"{done} {deployment.display_name} ({deployment.lifecycle_state}): {found}{where}"
    else:
        how = f"`modelyard work-request show {work_request_id}`"
        sentence = f"{what} of {deployment.display_name} has begun; see how it goes: {how}"
    context.output.done(deployment, sentence)


_MEMBER_HEADER = "model-ocid"  # takes an inference key too
_DEPLOYMENT = argument("deployment", about="The deployment's name or OCID.")
_SERVING = (
    option("--shape", metavar="SHAPE", about="How large an instance is; `modelyard shape list` shows the shapes."),
    option("--ocpus", metavar="COUNT", convert=float, about="OCPUs of an instance of a .Flex shape: two workers each."),
    option("--memory", metavar="GB", convert=float, about="Memory of an instance of a .Flex shape."),
    *scaling.OPTIONS,
    option("--bandwidth", metavar="MBPS", convert=int, about="The bandwidth of the endpoint, in Mbit/s."),
    *containers.OPTIONS,
    *deployment_logs.OPTIONS,
    repeated("--input-stream", metavar="STREAM", about="A stream to answer the messages of, in place of requests."),
    repeated("--output-stream", metavar="STREAM", about="A stream that gets the answers."),
)

COMMANDS = (
    Command(
        path=("deployment", "list"),
        summary="List the deployments, the newest first.",
        example="modelyard deployment list",
        run=list_all,
        arguments=(option("--state", choices=_STATES, about="Only those in this state."), PROJECT, COMPARTMENT),
    ),
    Command(
        path=("deployment", "show"),
        summary="Show a deployment: its state, its address and what it runs on.",
        example="modelyard deployment show iris",
        run=show,
        arguments=(_DEPLOYMENT,),
    ),
    Command(
        path=("deployment", "create"),
        summary="Deploy a model.",
        details="Where the model does not load, its own traceback is shown and the exit status is 1.",
        example="modelyard deployment create --model iris --name iris --instances 2",
        run=create,
        arguments=(
            option("--model", metavar="NAME_OR_OCID", about="The model to serve."),
            option("--model-group", metavar="NAME_OR_OCID", about="The group of models to serve in place of one."),
            NAME,
            DESCRIPTION,
            *_SERVING,
            PROJECT,
            COMPARTMENT,
            *WAITING,
        ),
    ),
    Command(
        path=("deployment", "update"),
        summary="Change a deployment; it goes on answering while the new version starts.",
        details="What is not named stays as it is. Where the new version does not load, the old one goes on.",
        example="modelyard deployment update iris --model iris-2",
        run=update,
        arguments=(
            _DEPLOYMENT,
            option("--model", metavar="NAME_OR_OCID", about="The model to serve from now on."),
            option("--model-group", metavar="NAME_OR_OCID", about="The group to serve from now on, in place of one."),
            NEW_NAME,
            DESCRIPTION,
            *_SERVING,
            *WAITING,
        ),
    ),
    Command(
        path=("deployment", "activate"),
        summary="Start an inactive deployment again, at the same address.",
        example="modelyard deployment activate iris",
        run=activate,
        arguments=(_DEPLOYMENT, *WAITING),
    ),
    Command(
        path=("deployment", "deactivate"),
        summary="Stop a deployment and keep its address.",
        example="modelyard deployment deactivate iris",
        run=deactivate,
        arguments=(_DEPLOYMENT, *WAITING),
    ),
    Command(
        path=("deployment", "delete"),
        summary="Delete a deployment after the requests it holds.",
        example="modelyard deployment delete iris",
        run=delete,
        arguments=(_DEPLOYMENT, *WAITING),
    ),
    Command(
        path=("deployment", "predict"),
        summary="Send data to a deployment and print its prediction.",
        example="modelyard deployment predict iris '[[5.1, 3.5, 1.4, 0.2]]'",
        run=predict,
        arguments=(
            _DEPLOYMENT,
            DATA,
            CONTENT_TYPE,
            option("--for", metavar="MODEL", sets="member", about="The model of a group: its inference key or OCID."),
            flag("--trace", about="Show which model, artifact bytes, environment and commit made the prediction."),
        ),
    ),
    Command(
        path=("deployment", "logs"),
        summary="Print what a deployment's models printed, tracebacks among it.",
        example="modelyard deployment logs iris --lines 100",
        run=logs,
        arguments=(
            _DEPLOYMENT,
            option("-n", "--lines", metavar="COUNT", convert=int, default=50, about="How many lines of each (50)."),
            flag("-f", "--follow", about="Go on as more is printed, until Ctrl-C."),
        ),
    ),
)
