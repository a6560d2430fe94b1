"""A deployment's configuration: what of it can be honoured, what an update makes of it, what it comes to."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from modelyard.deployments import environments
from modelyard.deployments.autoscaling import Policy
from modelyard.deployments.network import check_network, network_notes
from modelyard.deployments.policies import MOST_INSTANCES, policy_of_cluster, policy_of_pool
from modelyard.deployments.shapes import WORKERS_PER_OCPU, Size, size_of, workers_of
from modelyard.deployments.spec import Container
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.compute_cluster import (
    ManagedComputeClusterModelDeployInfrastructureConfigDetails,
    ManagedComputeClusterModelDeploymentSystemData,
    ManagedComputeClusterWorkloadAutoScalingPolicy,
)
from modelyard.resources.deployment import (
    InstancePoolInfrastructureConfigurationDetails,
    InstancePoolModelDeploymentSystemData,
    ModelConfigurationDetails,
    ModelDeploymentConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    SingleModelDeploymentFlexConfigurationDetails,
    SystemData,
    UpdateModelDeploymentConfigurationDetails,
)
from modelyard.resources.noun import Noun
from modelyard.resources.scaling import AutoScalingPolicy

_FORWARDERS = 8
"""How many requests a container is given at a time, unless its variables say: it divides up its processors itself."""

_N = TypeVar("_N", bound=Noun)
_Pool = ModelConfigurationDetails | InstancePoolInfrastructureConfigurationDetails


def check(wanted: ModelDeploymentConfigurationDetails, *, deployment_id: str | None = None) -> None:
    """Raise InvalidParameter, or MethodNotImplemented, for what cannot be honoured.

    Args:
        wanted: What is asked for.
        deployment_id: The deployment, where it is there already.
    """
    environment = wanted.environment_configuration_details
    environments.check(environment)
    infrastructure = _infrastructure(wanted)
    if isinstance(infrastructure, ManagedComputeClusterModelDeployInfrastructureConfigDetails):
        request = infrastructure.model_deployment_resource_configuration.resource_request_configuration
        if request.gpus:
            raise InvalidParameter(f"gpus is {request.gpus}; no GPU is given to models here: leave it out.")
    else:
        check_network(infrastructure)
    instance_count(wanted)
    policy(wanted, deployment_id=deployment_id)
    workers(wanted)
    if isinstance(wanted, ModelGroupDeploymentConfigurationDetails) and container(wanted) is not None:
        raise MethodNotImplemented(
            "A model group is served by its own score.py, in an environment and not a container: leave "
            "environmentConfigurationDetails out, or deploy one model."
        )


def merge(
    current: ModelDeploymentConfigurationDetails, change: UpdateModelDeploymentConfigurationDetails | None
) -> ModelDeploymentConfigurationDetails:
    """Return the configuration with what a change names; what it leaves out stays.

    Raises:
        InvalidParameter: The change is one of another type of deployment.
    """
    if change is None:
        return current
    kind, other = current.__struct_config__.tag, change.__struct_config__.tag
    if kind != other:
        raise InvalidParameter(
            f"The deployment is of type {kind} and stays so: an update of type {other} is for others."
        )
    merged = {}
    for name in current.__struct_fields__:
        old, new = getattr(current, name), getattr(change, name)
        is_whole = new is None or old is None or name == "environment_configuration_details"
        merged[name] = (new or old) if is_whole else _with(old, new)
    return msgspec.structs.replace(current, **merged)


def instance_count(wanted: ModelDeploymentConfigurationDetails) -> int:
    """Return how many instances a configuration begins with; one where it does not say."""
    scaling = _infrastructure(wanted).scaling_policy
    if scaling is None:
        return 1
    if isinstance(scaling, (AutoScalingPolicy, ManagedComputeClusterWorkloadAutoScalingPolicy)):
        found = policy(wanted)
        return found.initial if found is not None else 1
    if scaling.instance_count > MOST_INSTANCES:
        raise InvalidParameter(
            f"instanceCount is {scaling.instance_count}; one machine takes at most {MOST_INSTANCES}."
        )
    return scaling.instance_count


def policy(wanted: ModelDeploymentConfigurationDetails, *, deployment_id: str | None = None) -> Policy | None:
    """Return by which rules the number of instances changes; None where it is fixed."""
    scaling = _infrastructure(wanted).scaling_policy
    if isinstance(scaling, AutoScalingPolicy):
        return policy_of_pool(scaling, deployment_id=deployment_id)
    if isinstance(scaling, ManagedComputeClusterWorkloadAutoScalingPolicy):
        return policy_of_cluster(scaling)
    return None


def size(wanted: ModelDeploymentConfigurationDetails) -> Size:
    """Return how large an instance of a configuration is."""
    infrastructure = _infrastructure(wanted)
    if isinstance(infrastructure, ManagedComputeClusterModelDeployInfrastructureConfigDetails):
        request = infrastructure.model_deployment_resource_configuration.resource_request_configuration
        return Size(ocpus=request.ocpus, memory_in_gbs=request.memory_in_gbs)
    return size_of(infrastructure.instance_configuration)


def workers(wanted: ModelDeploymentConfigurationDetails) -> int:
    """Return how many workers for each model an instance of a configuration has."""
    variables = environment_variables(wanted)
    if container(wanted) is not None:
        return workers_of(_FORWARDERS / WORKERS_PER_OCPU, variables)
    return workers_of(size(wanted).ocpus, variables)


def container(wanted: ModelDeploymentConfigurationDetails) -> Container | None:
    """Return the container that answers in place of a score.py; None where there is none."""
    return environments.container(wanted.environment_configuration_details, size(wanted))


def environment_variables(wanted: ModelDeploymentConfigurationDetails) -> dict[str, str]:
    """Return the environment variables that a configuration gives its workers."""
    environment = wanted.environment_configuration_details
    return (environment.environment_variables if environment else None) or {}


def notes(wanted: ModelDeploymentConfigurationDetails) -> list[str]:
    """Return what is kept of a configuration and has no effect on one machine, in sentences for the user."""
    infrastructure = _infrastructure(wanted)
    if isinstance(infrastructure, ManagedComputeClusterModelDeployInfrastructureConfigDetails):
        target = infrastructure.compute_target_id
        return [f"computeTargetId {target} is kept and has no effect: the model runs on this machine."]
    return network_notes(infrastructure)


def system_data(wanted: ModelDeploymentConfigurationDetails, count: int) -> SystemData:
    """Return what a deployment tells of the instances it has now."""
    if isinstance(wanted, SingleModelDeploymentFlexConfigurationDetails):
        return ManagedComputeClusterModelDeploymentSystemData(model_type="MANAGED_MODEL", current_instance_count=count)
    return InstancePoolModelDeploymentSystemData(model_type="MANAGED_MODEL", current_instance_count=count)


def _infrastructure(
    wanted: ModelDeploymentConfigurationDetails,
) -> _Pool | ManagedComputeClusterModelDeployInfrastructureConfigDetails:
    if isinstance(wanted, SingleModelDeploymentConfigurationDetails):
        return wanted.model_configuration_details
    return wanted.infrastructure_configuration_details


def _with(old: _N, new: Noun) -> _N:
    """Return a record with the fields that another has and does not leave out."""
    given = {name: value for name, value in msgspec.structs.asdict(new).items() if value is not None}
    return msgspec.structs.replace(old, **given)
