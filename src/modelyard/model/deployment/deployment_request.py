"""From what is said of a deployment to the nouns that ask for it."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypeVar, cast

import msgspec

from modelyard.errors import UsageError
from modelyard.model.builder import Record
from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
from modelyard.model.deployment.model_deployment_runtime import ModelDeploymentContainerRuntime, ModelDeploymentRuntime
from modelyard.resources import compute_cluster as cluster
from modelyard.resources import deployment as nouns
from modelyard.resources.noun import Noun
from modelyard.resources.scaling import (
    AutoScalingPolicy,
    FixedSizeScalingPolicy,
    PredefinedExpressionThresholdScalingConfiguration,
    PredefinedMetricExpressionRule,
    ScalingPolicy,
    ThresholdBasedAutoScalingPolicyDetails,
)

UpdateType: TypeAlias = Literal["ZDT", "LIVE"]
N = TypeVar("N", bound=Noun)


def configuration_of(
    infrastructure: ModelDeploymentInfrastructure, runtime: ModelDeploymentRuntime, *, model_id: str | None
) -> nouns.ModelDeploymentConfigurationDetails:
    """Return what is served, on what.

    Args:
        infrastructure: On what.
        runtime: How.
        model_id: Which model; None for a group.

    Raises:
        UsageError: Neither a model nor a group was named, or both, or things that do not go together.
    """
    environment, streams = _environment(infrastructure, runtime), _streams(runtime)
    if runtime.model_group_id is not None:
        if model_id is not None or streams is not None or infrastructure.compute_target_details is not None:
            raise UsageError("A model group has its own models and answers requests from instances of a shape alone.")
        return nouns.ModelGroupDeploymentConfigurationDetails(
            model_group_configuration_details=nouns.ModelGroupConfigurationDetails(
                model_group_id=runtime.model_group_id
            ),
            infrastructure_configuration_details=nouns.InstancePoolInfrastructureConfigurationDetails(
                instance_configuration=_instance(infrastructure),
                scaling_policy=scaling_of(infrastructure),
                bandwidth_mbps=infrastructure.bandwidth_mbps,
            ),
            environment_configuration_details=environment,
        )
    if model_id is None:
        raise UsageError("Say what is to be served: with_model_uri() or with_model_group_id() of the runtime.")
    if infrastructure.compute_target_details is not None:
        return nouns.SingleModelDeploymentFlexConfigurationDetails(
            model_configuration_details=nouns.SingleModelConfigurationDetails(model_id=model_id),
            infrastructure_configuration_details=_target(infrastructure),
            environment_configuration_details=environment,
        )
    return nouns.SingleModelDeploymentConfigurationDetails(
        model_configuration_details=nouns.ModelConfigurationDetails(
            model_id=model_id,
            instance_configuration=_instance(infrastructure),
            scaling_policy=scaling_of(infrastructure),
            bandwidth_mbps=infrastructure.bandwidth_mbps,
        ),
        environment_configuration_details=environment,
        stream_configuration_details=streams,
    )


def logs_of(infrastructure: ModelDeploymentInfrastructure) -> nouns.CategoryLogDetails | None:
    """Return where access and predict logs go; None where nothing is said.

    Raises:
        UsageError: A log has no group.
    """
    shared: Record | None = {"logId": infrastructure.log_id} if infrastructure.log_id else None
    access = _log(infrastructure.access_log or shared, infrastructure.log_group_id)
    predict = _log(infrastructure.predict_log or shared, infrastructure.log_group_id)
    return nouns.CategoryLogDetails(access=access, predict=predict) if access or predict else None


def _log(said: Record | None, group: str | None) -> nouns.LogDetails | None:
    if said is None:
        return None
    found = said.get("logGroupId") or group
    if not found:
        raise UsageError(f"The log {said['logId']} needs its group: with_log_group_id() says it.")
    return nouns.LogDetails(log_id=str(said["logId"]), log_group_id=str(found))


def _instance(said: ModelDeploymentInfrastructure) -> nouns.InstanceConfiguration:
    shape, size = str(said.shape_name), said.shape_config_details
    details = None
    if size and shape.endswith(".Flex"):  # others have one size only
        details = nouns.ModelDeploymentInstanceShapeConfigDetails(
            ocpus=cast("float | None", size.get("ocpus")),
            memory_in_gbs=cast("float | None", size.get("memoryInGBs")),
            cpu_baseline=size.get("cpuBaseline"),  # type: ignore[arg-type] # judged by the service
        )
    return nouns.InstanceConfiguration(
        instance_shape_name=shape,
        model_deployment_instance_shape_config_details=details,
        subnet_id=said.subnet_id,
        private_endpoint_id=said.private_endpoint_id,
        capacity_reservation_ids=said.capacity_reservation_ids,
    )


def scaling_of(said: ModelDeploymentInfrastructure) -> ScalingPolicy:
    """Return how many instances run, or by what that changes."""
    rules = said.auto_scaling
    if rules is None:
        return FixedSizeScalingPolicy(instance_count=said.replica or 1)
    fewest, most, first = _counts(rules)
    metric = str(rules["scalingType"]).upper()
    rule = PredefinedMetricExpressionRule(
        metric_type=metric,  # type: ignore[arg-type] # one of two, by the field
        scale_in_configuration=PredefinedExpressionThresholdScalingConfiguration(
            threshold=_int(rules, "scaleInThreshold", 30)
        ),
        scale_out_configuration=PredefinedExpressionThresholdScalingConfiguration(
            threshold=_int(rules, "scaleOutThreshold", 70)
        ),
    )
    return AutoScalingPolicy(
        auto_scaling_policies=[
            ThresholdBasedAutoScalingPolicyDetails(
                rules=[rule],
                minimum_instance_count=fewest,
                maximum_instance_count=most,
                initial_instance_count=first,
            )
        ],
        cool_down_in_seconds=cast("int | None", rules.get("coolDownInSeconds")),
        is_enabled=bool(rules.get("isEnabled", True)),
    )


def _counts(rules: Record) -> tuple[int, int, int]:
    fewest = _int(rules, "minimumInstanceCount", 1)
    return fewest, _int(rules, "maximumInstanceCount", max(3, fewest)), _int(rules, "initialInstanceCount", fewest)


def _target(said: ModelDeploymentInfrastructure) -> cluster.ManagedComputeClusterModelDeployInfrastructureConfigDetails:
    target, size = said.compute_target_details or {}, said.shape_config_details or {}
    if said.auto_scaling is not None:
        raise UsageError("Scaling by load on a compute target is asked for through the API: leave auto_scaling out.")
    return cluster.ManagedComputeClusterModelDeployInfrastructureConfigDetails(
        compute_target_id=str(target["computeTargetId"]),
        model_deployment_resource_configuration=cluster.ManagedComputeClusterModelDeploymentResourceConfiguration(
            resource_request_configuration=cluster.ResourceRequestConfiguration(
                ocpus=cast("float", target.get("ocpus") or size.get("ocpus") or 1.0),
                memory_in_gbs=cast("float", target.get("memoryInGBs") or size.get("memoryInGBs") or 16.0),
                gpus=cast("int | None", target.get("gpuCount")),
            )
        ),
        scaling_policy=cluster.ManagedComputeClusterWorkloadFixedSizeScalingPolicy(instance_count=said.replica or 1),
    )


def _environment(
    infrastructure: ModelDeploymentInfrastructure, runtime: ModelDeploymentRuntime
) -> nouns.EnvironmentConfigurationDetails:
    variables = runtime.variables()
    if infrastructure.web_concurrency is not None:
        variables.setdefault("WEB_CONCURRENCY", str(infrastructure.web_concurrency))
    if not isinstance(runtime, ModelDeploymentContainerRuntime):
        return nouns.DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables or None)
    if runtime.image is None:
        raise UsageError("A container runtime needs its image: with_image().")
    return nouns.OcirModelDeploymentEnvironmentConfigurationDetails(
        image=runtime.image,
        image_digest=runtime.image_digest,
        cmd=runtime.cmd,
        entrypoint=runtime.entrypoint,
        server_port=runtime.server_port,
        health_check_port=runtime.health_check_port,
        environment_variables=variables or None,
    )


def _streams(runtime: ModelDeploymentRuntime) -> nouns.StreamConfigurationDetails | None:
    inputs, outputs = runtime.input_stream_ids, runtime.output_stream_ids
    if runtime.deployment_mode != "STREAM_ONLY":
        if inputs or outputs:
            raise UsageError("Streams are for deployments that answer messages: with_deployment_mode('STREAM_ONLY').")
        return None
    if not (inputs and outputs):
        raise UsageError("A STREAM_ONLY deployment needs both: with_input_stream_ids() and with_output_stream_ids().")
    return nouns.StreamConfigurationDetails(input_stream_ids=inputs, output_stream_ids=outputs)


def _int(rules: Record, name: str, otherwise: int) -> int:
    return cast("int", rules.get(name, otherwise))


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def changes_between(
    was: nouns.CreateModelDeploymentDetails, wanted: nouns.CreateModelDeploymentDetails, *, update_type: UpdateType
) -> nouns.UpdateModelDeploymentDetails:
    """Return the update that makes of one deployment the other; only what differs.

    Raises:
        UsageError: What is served is of another type, or something is to change that stays as it was created.
    """
    for name in ("project_id", "compartment_id", "deployment_mode"):
        before, now = getattr(was, name), getattr(wanted, name)
        if before != now and not (name == "deployment_mode" and {before, now} == {None, "HTTPS_ONLY"}):
            raise UsageError(f"The {name} of a deployment stays {before!r}: create another one.")
    return _changed(
        nouns.UpdateModelDeploymentDetails(
            model_deployment_configuration_details=_changed_configuration(
                was.model_deployment_configuration_details, wanted.model_deployment_configuration_details, update_type
            )
        ),
        was,
        wanted,
        ("display_name", "description", "freeform_tags", "defined_tags", "category_log_details"),
    )


def _changed_configuration(
    was: nouns.ModelDeploymentConfigurationDetails,
    wanted: nouns.ModelDeploymentConfigurationDetails,
    update_type: UpdateType,
) -> nouns.UpdateModelDeploymentConfigurationDetails | None:
    if was == wanted:
        return None
    environment = ("environment_configuration_details",)
    if isinstance(was, nouns.SingleModelDeploymentConfigurationDetails) and isinstance(wanted, type(was)):
        model = _changed(
            nouns.UpdateModelConfigurationDetails(),
            was.model_configuration_details,
            wanted.model_configuration_details,
            ("model_id", "instance_configuration", "scaling_policy", "bandwidth_mbps"),
        )
        changes = nouns.UpdateSingleModelDeploymentConfigurationDetails(
            model_configuration_details=_unless_empty(model)
        )
        return _changed(changes, was, wanted, (*environment, "stream_configuration_details"))
    if isinstance(was, nouns.ModelGroupDeploymentConfigurationDetails) and isinstance(wanted, type(was)):
        pool = _changed(
            nouns.UpdateInstancePoolInfrastructureConfigurationDetails(),
            was.infrastructure_configuration_details,
            wanted.infrastructure_configuration_details,
            ("instance_configuration", "scaling_policy", "bandwidth_mbps"),
        )
        before, now = was.model_group_configuration_details, wanted.model_group_configuration_details
        group = _changed(nouns.UpdateModelGroupConfigurationDetails(), before, now, ("model_group_id",))
        swap = nouns.UpdateModelGroupDeploymentConfigurationDetails(
            update_type=update_type,
            model_group_configuration_details=_unless_empty(group),
            infrastructure_configuration_details=_unless_empty(pool),
        )
        return _changed(swap, was, wanted, environment)
    if isinstance(was, nouns.SingleModelDeploymentFlexConfigurationDetails) and isinstance(wanted, type(was)):
        model_id = wanted.model_configuration_details.model_id
        infrastructure = _changed(
            cluster.UpdateManagedComputeClusterModelDeployInfrastructureConfigDetails(),
            was.infrastructure_configuration_details,
            wanted.infrastructure_configuration_details,
            ("compute_target_id", "model_deployment_resource_configuration", "scaling_policy"),
        )
        flex = nouns.UpdateSingleModelDeploymentFlexConfigurationDetails(
            model_configuration_details=nouns.UpdateSingleModelConfigurationDetails(model_id=model_id),
            infrastructure_configuration_details=_unless_empty(infrastructure),
        )
        return _changed(flex, was, wanted, environment)
    raise UsageError(
        "A deployment of one model, of a group, or on a compute target stays so: create another one for the other."
    )


def _changed(changes: N, was: Noun, wanted: Noun, names: tuple[str, ...]) -> N:
    differing = {name: getattr(wanted, name) for name in names if getattr(was, name) != getattr(wanted, name)}
    return msgspec.structs.replace(changes, **differing)


def _unless_empty(changes: N) -> N | None:
    return changes if changes != type(changes)() else None
