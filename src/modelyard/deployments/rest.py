"""The REST operations of model deployments and their shapes."""

from __future__ import annotations

from typing import Literal

from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments.service import Deployments
from modelyard.deployments.shapes import SHAPES
from modelyard.lifecycle import DeploymentState
from modelyard.resources.container import ContainerSummary, Usage, Workload
from modelyard.resources.deployment import (
    ChangeModelDeploymentCompartmentDetails,
    CreateModelDeploymentDetails,
    ModelDeployment,
    ModelDeploymentModelStateSummary,
    ModelDeploymentShapeSummary,
    ModelDeploymentSummary,
    UpdateModelDeploymentDetails,
)
from modelyard.resources.noun import Identifier
from modelyard.wire.operation import Call, Operation, Reply, operation, operations_of
from modelyard.wire.paging import Cursor, ListQuery, Page, cursor_of, filters_of
from modelyard.wire.replies import accepted, many, nothing, one

_NOT_RUN = "custom endpoints and signatures of containers, and rules of a compute target that hold a query."


class ListModelDeployments(ListQuery, frozen=True, kw_only=True):
    """Be what deployments are listed by."""

    compartment_id: Identifier
    id: str | None = None
    project_id: str | None = None
    display_name: str | None = None
    lifecycle_state: DeploymentState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class ListModelStates(ListQuery, frozen=True, kw_only=True):
    """Be what the models of a deployment are listed by."""

    compartment_id: Identifier
    project_id: str | None = None
    display_name: str | None = None
    inference_key: str | None = None
    model_id: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class ListShapes(ListQuery, frozen=True, kw_only=True):
    """Be what shapes are listed by."""

    compartment_id: Identifier


class ListContainers(ListQuery, frozen=True, kw_only=True):
    """Be what containers are listed by."""

    is_latest: bool | None = None
    display_name: str | None = None
    container_name: str | None = None
    lifecycle_state: Literal["ACTIVE", "INACTIVE"] | None = None
    target_workload: Workload | None = None
    usage_query_param: Usage | None = None
    tag_query_param: str | None = None


def operations(deployments: Deployments) -> list[Operation]:
    """Return the deployments' rows of the route table."""
    return [*operations_of(ModelDeployments(deployments)), *operations_of(Shapes()), *operations_of(Containers())]


class ModelDeployments:
    """Answer for deployments."""

    def __init__(self, deployments: Deployments) -> None:
        self._deployments = deployments

    @operation(
        "POST",
        "/modelDeployments",
        request=CreateModelDeploymentDetails,
        response=ModelDeployment,
        not_implemented=_NOT_RUN,
    )
    def create_model_deployment(self, call: Call) -> Reply:
        """Deploy a model."""
        details = call.body_as(CreateModelDeploymentDetails)
        again = Repeatable.of(call, "create_model_deployment")
        stored, request = self._deployments.create(details, caller=call.caller, again=again)
        return one(stored, work_request=request)

    @operation("GET", "/modelDeployments", query=ListModelDeployments, response=ModelDeploymentSummary, is_list=True)
    def list_model_deployments(self, call: Call) -> Reply:
        """List the deployments of a compartment."""
        query = call.query_as(ListModelDeployments)
        return many(query, self._deployments.list(query, filters_of(query)), ModelDeploymentSummary)

    @operation("GET", "/modelDeployments/{model_deployment_id}", response=ModelDeployment)
    def get_model_deployment(self, call: Call) -> Reply:
        """Get a deployment."""
        return one(self._deployments.get(_id(call)))

    @operation(
        "PUT",
        "/modelDeployments/{model_deployment_id}",
        request=UpdateModelDeploymentDetails,
        status=202,
        not_implemented=_NOT_RUN,
    )
    def update_model_deployment(self, call: Call) -> Reply:
        """Change a deployment; what serves goes on until the new is ready."""
        details = call.body_as(UpdateModelDeploymentDetails)
        return accepted(self._deployments.update(_id(call), details, if_match=call.if_match))

    @operation("POST", "/modelDeployments/{model_deployment_id}/actions/activate", status=202)
    def activate_model_deployment(self, call: Call) -> Reply:
        """Start a deployment that was stopped."""
        return accepted(self._deployments.activate(_id(call), if_match=call.if_match))

    @operation("POST", "/modelDeployments/{model_deployment_id}/actions/deactivate", status=202)
    def deactivate_model_deployment(self, call: Call) -> Reply:
        """Stop a deployment and keep it."""
        return accepted(self._deployments.deactivate(_id(call), if_match=call.if_match))

    @operation(
        "POST",
        "/modelDeployments/{model_deployment_id}/actions/changeCompartment",
        request=ChangeModelDeploymentCompartmentDetails,
        status=204,
    )
    def change_model_deployment_compartment(self, call: Call) -> Reply:
        """Put a deployment into another compartment."""
        to = call.body_as(ChangeModelDeploymentCompartmentDetails).compartment_id
        again = Repeatable.of(call, "change_model_deployment_compartment")
        return nothing(etag=self._deployments.change_compartment(_id(call), to, again=again, if_match=call.if_match))

    @operation(
        "GET",
        "/modelDeployments/{model_deployment_id}/models/modelState",
        query=ListModelStates,
        response=ModelDeploymentModelStateSummary,
        is_list=True,
    )
    def list_model_deployment_model_states(self, call: Call) -> Reply:
        """List how the models of a deployment stand."""
        query = call.query_as(ListModelStates)
        compartment_id, states = self._deployments.model_states(_id(call))
        filters = dict(filters_of(query))
        if filters.pop("compartment_id") != compartment_id or cursor_of(query, of=str):
            states = []
        kept = [each for each in states if all(value in {None, getattr(each, key)} for key, value in filters.items())]
        return many(query, Page(kept, None), ModelDeploymentModelStateSummary)

    @operation("DELETE", "/modelDeployments/{model_deployment_id}", status=202)
    def delete_model_deployment(self, call: Call) -> Reply:
        """Stop a deployment and delete it."""
        return accepted(self._deployments.delete(_id(call), if_match=call.if_match))


class Shapes:
    """Answer for shapes."""

    @operation("GET", "/modelDeploymentShapes", query=ListShapes, response=ModelDeploymentShapeSummary, is_list=True)
    def list_model_deployment_shapes(self, call: Call) -> Reply:
        """List the shapes that an instance may have."""
        query = call.query_as(ListShapes)
        after = cursor_of(query, of=int)
        first = int(after.value) if after else 0
        kept = list(SHAPES[first : first + query.limit])
        behind = first + len(kept)
        more = Cursor(behind, kept[-1].name) if kept and behind < len(SHAPES) else None
        return many(query, Page(kept, more), ModelDeploymentShapeSummary)


class Containers:
    """Answer for containers: none are offered, since no images come with modelyard."""

    @operation("GET", "/containers", query=ListContainers, response=ContainerSummary, is_list=True)
    def list_containers(self, call: Call) -> Reply:
        """List the containers that the service offers: none."""
        query = call.query_as(ListContainers)
        cursor_of(query, of=str)
        return many(query, Page([], None), ContainerSummary)


def _id(call: Call) -> str:
    return call.path["model_deployment_id"]
