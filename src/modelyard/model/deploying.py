"""What the service is asked for when a model is deployed, or its deployment changed: options to nouns, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from modelyard.errors import UsageError
from modelyard.model.model_properties import ModelProperties
from modelyard.model.options import DeployOptions, UpdateDeploymentOptions
from modelyard.resources.deployment import (
    CategoryLogDetails,
    CreateModelDeploymentDetails,
    DefaultModelDeploymentEnvironmentConfigurationDetails,
    DeploymentMode,
    EnvironmentConfigurationDetails,
    InstanceConfiguration,
    LogDetails,
    ModelConfigurationDetails,
    ModelDeploymentInstanceShapeConfigDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    StreamConfigurationDetails,
    UpdateModelConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.resources.scaling import FixedSizeScalingPolicy

_FLEXIBLE = ".Flex"
N = TypeVar("N", bound=float)


def deployment_details(
    *, model_id: str, settled: ModelProperties, options: DeployOptions, display_name: str
) -> CreateModelDeploymentDetails:
    """Return what a new deployment is to be.

    Args:
        model_id: The model to serve.
        settled: What holds of the model's properties.
        options: The other parameters of deploy().
        display_name: The name, where the options have none.

    Raises:
        UsageError: A project or compartment is missing, or an option cannot be honoured.
    """
    mode, streams = _streams(options)
    assert settled.deployment_instance_shape is not None  # both have defaults
    assert settled.deployment_instance_count is not None
    return CreateModelDeploymentDetails(
        project_id=needed(settled.project_id, "project_id", "PROJECT_OCID"),
        compartment_id=needed(settled.compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID"),
        display_name=options.display_name or display_name,
        description=options.description,
        freeform_tags=options.freeform_tags,
        defined_tags=options.defined_tags,
        category_log_details=_logs(settled),
        deployment_mode=mode,
        model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
            model_configuration_details=ModelConfigurationDetails(
                model_id=model_id,
                instance_configuration=InstanceConfiguration(
                    instance_shape_name=settled.deployment_instance_shape,
                    model_deployment_instance_shape_config_details=_size(settled),
                    subnet_id=settled.deployment_instance_subnet_id,
                    private_endpoint_id=settled.deployment_instance_private_endpoint_id,
                ),
                scaling_policy=FixedSizeScalingPolicy(instance_count=settled.deployment_instance_count),
                bandwidth_mbps=settled.deployment_bandwidth_mbps,
            ),
            environment_configuration_details=_environment(settled, options),
            stream_configuration_details=streams,
        ),
    )


def update_details(
    options: UpdateDeploymentOptions,
    *,
    environment: Callable[[], EnvironmentConfigurationDetails | None] = lambda: None,
) -> UpdateModelDeploymentDetails:
    """Return what is to change of a deployment; only what was said.

    Args:
        options: The parameters of update_deployment().
        environment: Gives that of the deployment as it is: a container stays one when its variables change.

    Raises:
        UsageError: Nothing was said, or a name among the properties is none.
    """
    said = properties_of(options.properties)
    configuration = UpdateModelConfigurationDetails(
        model_id=options.model_id,
        instance_configuration=_changed_instance(options, said),
        scaling_policy=_changed_count(options, said),
        bandwidth_mbps=_first(options.bandwidth_mbps, said.deployment_bandwidth_mbps),
    )
    changes = UpdateSingleModelDeploymentConfigurationDetails(
        model_configuration_details=configuration if configuration != UpdateModelConfigurationDetails() else None,
        environment_configuration_details=_changed_environment(options.environment_variables, environment),
    )
    details = UpdateModelDeploymentDetails(
        display_name=options.display_name,
        description=options.description,
        freeform_tags=options.freeform_tags,
        defined_tags=options.defined_tags,
        category_log_details=_changed_logs(options, said),
        model_deployment_configuration_details=(
            changes if changes != UpdateSingleModelDeploymentConfigurationDetails() else None
        ),
    )
    if details == UpdateModelDeploymentDetails():
        raise UsageError("update_deployment() was given nothing to change: pass model_id=…, description=… or others.")
    return details


def properties_of(given: ModelProperties | dict[str, object] | None) -> ModelProperties:
    """Return properties given as such, as a dictionary, or not at all."""
    if isinstance(given, ModelProperties):
        return given
    return ModelProperties.from_dict(given or {})


def needed(value: str | None, argument: str, variable: str) -> str:
    """Return an id that must be known, or raise UsageError that says the three ways to give it."""
    if not value:
        raise UsageError(
            f"No {argument} is known: pass {argument}=…, set it in ModelProperties, or set {variable} "
            "(`modelyard env` prints it for the service of this machine)."
        )
    return value


def _streams(options: DeployOptions) -> tuple[DeploymentMode | None, StreamConfigurationDetails | None]:
    given = options.input_stream_ids, options.output_stream_ids
    if options.deployment_mode in (None, "HTTPS_ONLY"):
        if any(given):
            raise UsageError(
                "input_stream_ids and output_stream_ids are for deployments that answer messages: pass "
                "deployment_mode='STREAM_ONLY' too, or leave them out."
            )
        return None, None
    if options.deployment_mode != "STREAM_ONLY":
        raise UsageError(f"deployment_mode is {options.deployment_mode!r}; it takes HTTPS_ONLY or STREAM_ONLY.")
    if not all(given):
        raise UsageError("A STREAM_ONLY deployment needs both: pass input_stream_ids=[…] and output_stream_ids=[…].")
    inputs, outputs = given
    return "STREAM_ONLY", StreamConfigurationDetails(input_stream_ids=inputs, output_stream_ids=outputs)


def _size(settled: ModelProperties) -> ModelDeploymentInstanceShapeConfigDetails | None:
    shape = settled.deployment_instance_shape or ""
    if not shape.endswith(_FLEXIBLE):  # others have one size only
        return None
    return ModelDeploymentInstanceShapeConfigDetails(
        ocpus=settled.deployment_ocpus, memory_in_gbs=settled.deployment_memory_in_gbs
    )


def _logs(settled: ModelProperties) -> CategoryLogDetails | None:
    group = settled.deployment_log_group_id
    access, predict = settled.deployment_access_log_id, settled.deployment_predict_log_id
    if not (access or predict):
        return None
    if not group:
        raise UsageError("A log needs its group: pass deployment_log_group_id too.")
    return CategoryLogDetails(
        access=LogDetails(log_id=access, log_group_id=group) if access else None,
        predict=LogDetails(log_id=predict, log_group_id=group) if predict else None,
    )


def _environment(settled: ModelProperties, options: DeployOptions) -> EnvironmentConfigurationDetails:
    variables = dict(options.environment_variables or {})
    if options.web_concurrency is not None:
        variables.setdefault("WEB_CONCURRENCY", str(options.web_concurrency))
    if settled.deployment_image:
        return OcirModelDeploymentEnvironmentConfigurationDetails(
            image=settled.deployment_image,
            image_digest=options.image_digest,
            cmd=options.cmd,
            entrypoint=options.entrypoint,
            server_port=options.server_port or 8080,
            health_check_port=options.health_check_port or options.server_port or 8080,
            environment_variables=variables or None,
        )
    of_containers = ("image_digest", "cmd", "entrypoint", "server_port", "health_check_port")
    lonely = [name for name in of_containers if getattr(options, name) is not None]
    if lonely:
        raise UsageError(f"{', '.join(lonely)}: these are for containers, and no deployment_image was given.")
    return DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables or None)


def _changed_environment(
    variables: dict[str, str] | None, environment: Callable[[], EnvironmentConfigurationDetails | None]
) -> EnvironmentConfigurationDetails | None:
    if variables is None:
        return None
    current = environment()
    if isinstance(current, OcirModelDeploymentEnvironmentConfigurationDetails):
        return msgspec.structs.replace(current, environment_variables=variables)
    return DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables)


def _changed_instance(options: UpdateDeploymentOptions, said: ModelProperties) -> InstanceConfiguration | None:
    size = options.shape_config_details or {}
    ocpus = _first(size.get("ocpus"), said.deployment_ocpus)
    memory = _first(size.get("memory_in_gbs"), size.get("memoryInGBs"), said.deployment_memory_in_gbs)
    shape = options.shape_name or said.deployment_instance_shape
    subnet = options.subnet_id or said.deployment_instance_subnet_id
    private = options.private_endpoint_id or said.deployment_instance_private_endpoint_id
    if shape is None:
        if ocpus is not None or memory is not None or subnet or private:
            raise UsageError("To change the size or network of the instances, name their shape too: shape_name=….")
        return None
    return InstanceConfiguration(
        instance_shape_name=shape,
        model_deployment_instance_shape_config_details=(
            ModelDeploymentInstanceShapeConfigDetails(ocpus=ocpus, memory_in_gbs=memory)
            if ocpus is not None or memory is not None
            else None
        ),
        subnet_id=subnet,
        private_endpoint_id=private,
    )


def _changed_count(options: UpdateDeploymentOptions, said: ModelProperties) -> FixedSizeScalingPolicy | None:
    count = _first(options.replica, said.deployment_instance_count)
    return FixedSizeScalingPolicy(instance_count=count) if count is not None else None


def _changed_logs(options: UpdateDeploymentOptions, said: ModelProperties) -> CategoryLogDetails | None:
    asked = {"access": options.access_log, "predict": options.predict_log}
    named = {kind: _log(kind, log, said.deployment_log_group_id) for kind, log in asked.items() if log}
    return CategoryLogDetails(**named) if named else _logs(said)


def _log(kind: str, log: dict[str, str], group: str | None) -> LogDetails:
    if not log.get("log_id") or not (log.get("log_group_id") or group):
        raise UsageError(f"{kind}_log needs log_id and log_group_id; it is {log!r}.")
    return LogDetails(log_id=log["log_id"], log_group_id=log.get("log_group_id") or str(group))


def _first(*said: N | None) -> N | None:
    """Return the first number that was said; zero is one, which the service judges."""
    return next((each for each in said if each is not None), None)
