"""From the options of `deployment create` and `update` to the bodies of their requests."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.names import model_id
from modelyard.cli.options import pairs
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import (
        CreateModelDeploymentDetails,
        DefaultModelDeploymentEnvironmentConfigurationDetails,
        InstanceConfiguration,
        ModelDeployment,
        UpdateModelDeploymentDetails,
    )
    from modelyard.resources.scaling import FixedSizeScalingPolicy

_SHAPE = "VM.Standard.E4.Flex"


def create_details(context: Context, given: Namespace) -> CreateModelDeploymentDetails:
    """Return what the new deployment is to be."""
    from modelyard.resources.deployment import (
        CreateModelDeploymentDetails,
        ModelConfigurationDetails,
        SingleModelDeploymentConfigurationDetails,
    )
    from modelyard.resources.scaling import FixedSizeScalingPolicy

    instance = _instance(given, current=None)
    assert instance is not None
    return CreateModelDeploymentDetails(
        project_id=context.project(given.project),
        compartment_id=context.compartment(given.compartment_id),
        display_name=given.name,
        description=given.description,
        model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
            model_configuration_details=ModelConfigurationDetails(
                model_id=model_id(context, given.model),
                instance_configuration=instance,
                scaling_policy=_scaling(given) or FixedSizeScalingPolicy(instance_count=1),
                bandwidth_mbps=given.bandwidth,
            ),
            environment_configuration_details=_environment(given),
        ),
    )


def update_details(context: Context, given: Namespace, current: ModelDeployment) -> UpdateModelDeploymentDetails:
    """Return what is to change of a deployment.

    Raises:
        UsageError: Nothing is to change.
    """
    from modelyard.resources.deployment import (
        UpdateModelConfigurationDetails,
        UpdateModelDeploymentDetails,
        UpdateSingleModelDeploymentConfigurationDetails,
    )

    sized = (given.model, given.shape, given.ocpus, given.memory, given.instances, given.bandwidth, given.env or None)
    if any(value is not None for value in sized) and _instance_of(current) is None:
        raise UsageError(
            "The deployment serves a model group, or on a compute target: the command changes its name and description "
            "alone; update the rest through the API."
        )
    model = UpdateModelConfigurationDetails(
        model_id=model_id(context, given.model) if given.model else None,
        instance_configuration=_instance(given, current=_instance_of(current)),
        scaling_policy=_scaling(given),
        bandwidth_mbps=given.bandwidth,
    )
    environment = _environment(given)
    details = UpdateModelDeploymentDetails(display_name=given.name, description=given.description)
    if model == UpdateModelConfigurationDetails() and environment is None:
        if details == UpdateModelDeploymentDetails():
            raise UsageError("Nothing is to change: give --model, --instances, --name or another option.")
        return details
    return UpdateModelDeploymentDetails(
        display_name=given.name,
        description=given.description,
        model_deployment_configuration_details=UpdateSingleModelDeploymentConfigurationDetails(
            model_configuration_details=None if model == UpdateModelConfigurationDetails() else model,
            environment_configuration_details=environment,
        ),
    )


def _instance(given: Namespace, *, current: InstanceConfiguration | None) -> InstanceConfiguration | None:
    """Return the instance that the options name; what they leave out stays as it is, in the same shape."""
    from modelyard.resources.deployment import InstanceConfiguration, ModelDeploymentInstanceShapeConfigDetails

    is_named = given.shape is not None or given.ocpus is not None or given.memory is not None
    if current is not None and not is_named:
        return None
    shape = given.shape or (current.instance_shape_name if current else _SHAPE)
    same = current is not None and shape == current.instance_shape_name
    size = current.model_deployment_instance_shape_config_details if current is not None and same else None
    ocpus = given.ocpus if given.ocpus is not None else (size.ocpus if size else None)
    memory = given.memory if given.memory is not None else (size.memory_in_gbs if size else None)
    has_size = ocpus is not None or memory is not None
    return InstanceConfiguration(
        instance_shape_name=shape,
        model_deployment_instance_shape_config_details=ModelDeploymentInstanceShapeConfigDetails(
            ocpus=ocpus, memory_in_gbs=memory
        )
        if has_size
        else None,
    )


def _instance_of(deployment: ModelDeployment) -> InstanceConfiguration | None:
    from modelyard.resources.deployment import SingleModelDeploymentConfigurationDetails

    configuration = deployment.model_deployment_configuration_details
    if not isinstance(configuration, SingleModelDeploymentConfigurationDetails):
        return None
    return configuration.model_configuration_details.instance_configuration


def _scaling(given: Namespace) -> FixedSizeScalingPolicy | None:
    from modelyard.resources.scaling import FixedSizeScalingPolicy

    return None if given.instances is None else FixedSizeScalingPolicy(instance_count=given.instances)


def _environment(given: Namespace) -> DefaultModelDeploymentEnvironmentConfigurationDetails | None:
    from modelyard.resources.deployment import DefaultModelDeploymentEnvironmentConfigurationDetails

    variables = pairs(given.env, option="--env")
    if variables is None:
        return None
    return DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables)
