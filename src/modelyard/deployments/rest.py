"""The REST operations of model deployments and their shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments.service import Deployments
from modelyard.deployments.shapes import SHAPES
from modelyard.lifecycle import DeploymentState
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    ModelDeployment,
    ModelDeploymentShapeSummary,
    ModelDeploymentSummary,
    UpdateModelDeploymentDetails,
)
from modelyard.resources.noun import Identifier
from modelyard.wire.operation import Call, Operation, Reply
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of, filters_of
from modelyard.wire.replies import accepted, many, one


class ListModelDeployments(ListQuery, frozen=True, kw_only=True):
    """Be what deployments are listed by."""

    compartment_id: Identifier
    id: str | None = None
    project_id: str | None = None
    display_name: str | None = None
    lifecycle_state: DeploymentState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class ListShapes(ListQuery, frozen=True, kw_only=True):
    """Be what shapes are listed by."""

    compartment_id: Identifier


def operations(deployments: Deployments) -> list[Operation]:
    """Return the rows of the route table."""

    def create(call: Call) -> Reply:
        details = call.body_as(CreateModelDeploymentDetails)
        again = Repeatable.of(call, "create_model_deployment")
        stored, request = deployments.create(details, caller=call.caller, again=again)
        return one(stored, work_request=request)

    def list_(call: Call) -> Reply:
        query = call.query_as(ListModelDeployments)
        return many(query, deployments.list(query, filters_of(query)), ModelDeploymentSummary)

    def update(call: Call) -> Reply:
        details = call.body_as(UpdateModelDeploymentDetails)
        return accepted(deployments.update(_id(call), details, if_match=call.if_match))

    def asks(verb: Callable[..., str]) -> Callable[[Call], Reply]:
        return lambda call: accepted(verb(_id(call), if_match=call.if_match))

    return [
        Operation(
            name="create_model_deployment",
            method="POST",
            path="/modelDeployments",
            handler=create,
            request=CreateModelDeploymentDetails,
            response=ModelDeployment,
            summary="Deploy a model.",
        ),
        Operation(
            name="list_model_deployments",
            method="GET",
            path="/modelDeployments",
            handler=list_,
            query=ListModelDeployments,
            response=ModelDeploymentSummary,
            is_list=True,
            summary="List the deployments of a compartment.",
        ),
        Operation(
            name="get_model_deployment",
            method="GET",
            path="/modelDeployments/{model_deployment_id}",
            handler=lambda call: one(deployments.get(_id(call))),
            response=ModelDeployment,
            summary="Get a deployment.",
        ),
        Operation(
            name="update_model_deployment",
            method="PUT",
            path="/modelDeployments/{model_deployment_id}",
            handler=update,
            request=UpdateModelDeploymentDetails,
            status=202,
            summary="Change a deployment; what serves goes on until the new is ready.",
        ),
        Operation(
            name="activate_model_deployment",
            method="POST",
            path="/modelDeployments/{model_deployment_id}/actions/activate",
            handler=asks(deployments.activate),
            status=202,
            summary="Start a deployment that was stopped.",
        ),
        Operation(
            name="deactivate_model_deployment",
            method="POST",
            path="/modelDeployments/{model_deployment_id}/actions/deactivate",
            handler=asks(deployments.deactivate),
            status=202,
            summary="Stop a deployment and keep it.",
        ),
        Operation(
            name="delete_model_deployment",
            method="DELETE",
            path="/modelDeployments/{model_deployment_id}",
            handler=asks(deployments.delete),
            status=202,
            summary="Stop a deployment and delete it.",
        ),
        Operation(
            name="list_model_deployment_shapes",
            method="GET",
            path="/modelDeploymentShapes",
            handler=_list_shapes,
            query=ListShapes,
            response=ModelDeploymentShapeSummary,
            is_list=True,
            summary="List the shapes that an instance may have.",
        ),
    ]


def _id(call: Call) -> str:
    return call.path["model_deployment_id"]


def _list_shapes(call: Call) -> Reply:
    query = call.query_as(ListShapes)
    after = cursor_of(query, of=int)
    first = int(after.value) if after else 0
    kept = list(SHAPES[first : first + query.limit])
    behind = first + len(kept)
    more = Cursor(behind, kept[-1].name) if kept and behind < len(SHAPES) else None
    return many(query, Page(kept, more), ModelDeploymentShapeSummary)
