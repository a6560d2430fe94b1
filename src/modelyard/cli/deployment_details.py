"""From the options of `deployment create` and `update` to the bodies of their requests."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.containers import CHANGING, environment
from modelyard.cli.deployment_logs import category_logs
from modelyard.cli.names import model_group_id, model_id, stream_id
from modelyard.cli.options import is_any_given
from modelyard.cli.scaling import REFINED, scaling_policy
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import (
        CreateModelDeploymentDetails,
        InstanceConfiguration,
        ModelDeployment,
        ModelDeploymentConfigurationDetails,
        ModelGroupDeploymentConfigurationDetails,
        SingleModelDeploymentConfigurationDetails,
        StreamConfigurationDetails,
        UpdateModelDeploymentConfigurationDetails,
        UpdateModelDeploymentDetails,
        UpdateModelGroupDeploymentConfigurationDetails,
        UpdateSingleModelDeploymentConfigurationDetails,
    )

_SHAPE = "VM.Standard.E4.Flex"
_OF_THE_CONFIGURATION = (
    *("model", "model_group", "shape", "ocpus", "memory", "bandwidth", *CHANGING),
    *("input_stream", "output_stream", "instances", "scale", *REFINED),
)
"""The options that change what is served, and on what."""


def create_details(context: Context, given: Namespace) -> CreateModelDeploymentDetails:
    """Return what the new deployment is to be.

    Raises:
        UsageError: The options contradict each other, or one is missing that the others need.
    """
    from modelyard.resources.deployment import CreateModelDeploymentDetails

    if (given.model is None) == (given.model_group is None):
        raise UsageError("Say what is to be served: --model MODEL, or --model-group GROUP, and one of them alone.")
    streams = _streams(context, given)
    if streams is not None and not (streams.input_stream_ids and streams.output_stream_ids):
        raise UsageError("To answer messages, a deployment needs both: give --input-stream and --output-stream.")
    return CreateModelDeploymentDetails(
        project_id=context.project(given.project),
        compartment_id=context.compartment(given.compartment_id),
        display_name=given.name,
        description=given.description,
        deployment_mode=None if streams is None else "STREAM_ONLY",
        category_log_details=category_logs(context, given, current=None),
        model_deployment_configuration_details=_configuration(context, given, streams),
    )


def update_details(context: Context, given: Namespace, current: ModelDeployment) -> UpdateModelDeploymentDetails:
    """Return what is to change of a deployment.

    Raises:
        UsageError: Nothing is to change, or the deployment is of a type that the options are not for.
    """
    from modelyard.resources.deployment import UpdateModelDeploymentDetails

    details = UpdateModelDeploymentDetails(
        display_name=given.name,
        description=given.description,
        category_log_details=category_logs(context, given, current=current.category_log_details),
        model_deployment_configuration_details=_changed_configuration(context, given, current),
    )
    if details == UpdateModelDeploymentDetails():
        raise UsageError("Nothing is to change: give --model, --instances, --name or another option.")
    return details


def _configuration(
    context: Context, given: Namespace, streams: StreamConfigurationDetails | None
) -> ModelDeploymentConfigurationDetails:
    from modelyard.resources.deployment import (
        InstancePoolInfrastructureConfigurationDetails,
        ModelConfigurationDetails,
        ModelGroupConfigurationDetails,
        ModelGroupDeploymentConfigurationDetails,
        SingleModelDeploymentConfigurationDetails,
    )
    from modelyard.resources.scaling import FixedSizeScalingPolicy

    instance = _instance(given, current=None)
    assert instance is not None
    scaling = scaling_policy(given, current=None) or FixedSizeScalingPolicy(instance_count=1)
    found = environment(given, current=None)
    if given.model_group is None:
        return SingleModelDeploymentConfigurationDetails(
            model_configuration_details=ModelConfigurationDetails(
                model_id=model_id(context, given.model),
                instance_configuration=instance,
                scaling_policy=scaling,
                bandwidth_mbps=given.bandwidth,
            ),
            environment_configuration_details=found,
            stream_configuration_details=streams,
        )
    if streams is not None:
        raise UsageError("A model group answers requests alone: leave --input-stream and --output-stream out.")
    return ModelGroupDeploymentConfigurationDetails(
        model_group_configuration_details=ModelGroupConfigurationDetails(
            model_group_id=model_group_id(context, given.model_group)
        ),
        infrastructure_configuration_details=InstancePoolInfrastructureConfigurationDetails(
            instance_configuration=instance, scaling_policy=scaling, bandwidth_mbps=given.bandwidth
        ),
        environment_configuration_details=found,
    )


def _changed_configuration(
    context: Context, given: Namespace, current: ModelDeployment
) -> UpdateModelDeploymentConfigurationDetails | None:
    from modelyard.resources.deployment import (
        ModelGroupDeploymentConfigurationDetails,
        SingleModelDeploymentConfigurationDetails,
    )

    if not is_any_given(given, _OF_THE_CONFIGURATION):
        return None
    configuration = current.model_deployment_configuration_details
    if isinstance(configuration, SingleModelDeploymentConfigurationDetails):
        return _changed_single(context, given, configuration)
    if isinstance(configuration, ModelGroupDeploymentConfigurationDetails):
        return _changed_group(context, given, configuration)
    raise UsageError(
        "The deployment is on a compute target: the command changes its name, description and logs alone; update the "
        "rest through the API."
    )


def _changed_single(
    context: Context, given: Namespace, current: SingleModelDeploymentConfigurationDetails
) -> UpdateSingleModelDeploymentConfigurationDetails:
    from modelyard.resources.deployment import (
        UpdateModelConfigurationDetails,
        UpdateSingleModelDeploymentConfigurationDetails,
    )

    if given.model_group is not None:
        raise UsageError("The deployment serves a single model, and stays so: give --model, or create another one.")
    before = current.model_configuration_details
    model = UpdateModelConfigurationDetails(
        model_id=None if given.model is None else model_id(context, given.model),
        instance_configuration=_instance(given, current=before.instance_configuration),
        scaling_policy=scaling_policy(given, current=before.scaling_policy),
        bandwidth_mbps=given.bandwidth,
    )
    return UpdateSingleModelDeploymentConfigurationDetails(
        model_configuration_details=None if model == UpdateModelConfigurationDetails() else model,
        environment_configuration_details=environment(given, current=current.environment_configuration_details),
        stream_configuration_details=_streams(context, given),
    )


def _changed_group(
    context: Context, given: Namespace, current: ModelGroupDeploymentConfigurationDetails
) -> UpdateModelGroupDeploymentConfigurationDetails:
    from modelyard.resources.deployment import (
        UpdateInstancePoolInfrastructureConfigurationDetails,
        UpdateModelGroupConfigurationDetails,
        UpdateModelGroupDeploymentConfigurationDetails,
    )

    if given.model is not None or given.input_stream or given.output_stream:
        raise UsageError(
            "The deployment serves a model group: it takes --model-group, and neither --model nor streams."
        )
    before = current.infrastructure_configuration_details
    pool = UpdateInstancePoolInfrastructureConfigurationDetails(
        instance_configuration=_instance(given, current=before.instance_configuration),
        scaling_policy=scaling_policy(given, current=before.scaling_policy),
        bandwidth_mbps=given.bandwidth,
    )
    return UpdateModelGroupDeploymentConfigurationDetails(
        model_group_configuration_details=None
        if given.model_group is None
        else UpdateModelGroupConfigurationDetails(model_group_id=model_group_id(context, given.model_group)),
        infrastructure_configuration_details=None
        if pool == UpdateInstancePoolInfrastructureConfigurationDetails()
        else pool,
        environment_configuration_details=environment(given, current=current.environment_configuration_details),
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


def _streams(context: Context, given: Namespace) -> StreamConfigurationDetails | None:
    from modelyard.resources.deployment import StreamConfigurationDetails

    if not given.input_stream and not given.output_stream:
        return None
    return StreamConfigurationDetails(
        input_stream_ids=[stream_id(context, text) for text in given.input_stream or ()] or None,
        output_stream_ids=[stream_id(context, text) for text in given.output_stream or ()] or None,
    )
