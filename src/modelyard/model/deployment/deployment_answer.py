"""From what the service tells of a deployment to what would be said of it."""

from __future__ import annotations

from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
from modelyard.model.deployment.model_deployment_runtime import (
    ModelDeploymentCondaRuntime,
    ModelDeploymentContainerRuntime,
    ModelDeploymentRuntime,
)
from modelyard.resources import compute_cluster as cluster
from modelyard.resources import deployment as nouns
from modelyard.resources.scaling import AutoScalingPolicy, FixedSizeScalingPolicy, PredefinedMetricExpressionRule

_CONCURRENCY = "WEB_CONCURRENCY"


def infrastructure_of(seen: nouns.ModelDeploymentSummary) -> ModelDeploymentInfrastructure:
    """Return what a deployment runs on."""
    said = ModelDeploymentInfrastructure(project_id=seen.project_id, compartment_id=seen.compartment_id)
    details = seen.model_deployment_configuration_details
    pool = _pool(details)
    if pool is not None:
        _read_pool(said, pool)
    elif isinstance(details, nouns.SingleModelDeploymentFlexConfigurationDetails):
        _read_target(said, details.infrastructure_configuration_details)
    logs = seen.category_log_details
    for log_type in ("access", "predict"):
        log = getattr(logs, log_type, None)
        if log is not None:
            said.with_category_log(log_type, log.log_group_id, log.log_id)
    workers = _variables(details).get(_CONCURRENCY)
    return said.with_web_concurrency(int(workers)) if workers is not None and workers.isdigit() else said


def runtime_of_seen(seen: nouns.ModelDeploymentSummary) -> ModelDeploymentRuntime:
    """Return how a deployment runs, and what."""
    details = seen.model_deployment_configuration_details
    environment = details.environment_configuration_details if details is not None else None
    runtime: ModelDeploymentRuntime
    if isinstance(environment, nouns.OcirModelDeploymentEnvironmentConfigurationDetails):
        runtime = ModelDeploymentContainerRuntime()
        for name in ("image", "image_digest", "cmd", "entrypoint", "server_port", "health_check_port"):
            runtime.set_spec(name, getattr(environment, name))
    else:
        runtime = ModelDeploymentCondaRuntime()
    variables = {name: value for name, value in _variables(details).items() if name != _CONCURRENCY}
    runtime.set_spec("env", variables or None)
    runtime.set_spec("deployment_mode", seen.deployment_mode)
    if isinstance(details, nouns.ModelGroupDeploymentConfigurationDetails):
        return runtime.with_model_group_id(details.model_group_configuration_details.model_group_id)
    if details is not None:
        runtime.with_model_uri(details.model_configuration_details.model_id)
    streams = getattr(details, "stream_configuration_details", None)
    if streams is not None:
        runtime.set_spec("input_stream_ids", streams.input_stream_ids)
        runtime.set_spec("output_stream_ids", streams.output_stream_ids)
    return runtime


def _pool(
    details: nouns.ModelDeploymentConfigurationDetails | None,
) -> nouns.ModelConfigurationDetails | nouns.InstancePoolInfrastructureConfigurationDetails | None:
    if isinstance(details, nouns.SingleModelDeploymentConfigurationDetails):
        return details.model_configuration_details
    if isinstance(details, nouns.ModelGroupDeploymentConfigurationDetails):
        return details.infrastructure_configuration_details
    return None


def _read_pool(
    said: ModelDeploymentInfrastructure,
    pool: nouns.ModelConfigurationDetails | nouns.InstancePoolInfrastructureConfigurationDetails,
) -> None:
    instance = pool.instance_configuration
    said.set_spec("shape_name", instance.instance_shape_name)
    size = instance.model_deployment_instance_shape_config_details
    named = {name: getattr(size, name, None) for name in ("ocpus", "memory_in_gbs", "cpu_baseline")}
    said.set_spec("shape_config_details", named if any(named.values()) else None)
    for name in ("subnet_id", "private_endpoint_id", "capacity_reservation_ids"):
        said.set_spec(name, getattr(instance, name))
    if pool.bandwidth_mbps is not None:
        said.with_bandwidth_mbps(pool.bandwidth_mbps)
    scaling = pool.scaling_policy
    if isinstance(scaling, FixedSizeScalingPolicy):
        said.with_replica(scaling.instance_count)
    elif isinstance(scaling, AutoScalingPolicy):
        _read_scaling(said, scaling)


def _read_scaling(said: ModelDeploymentInfrastructure, scaling: AutoScalingPolicy) -> None:
    policy = scaling.auto_scaling_policies[0]
    rule = policy.rules[0]
    if not isinstance(rule, PredefinedMetricExpressionRule):  # a query: said through the API alone
        return
    said.with_auto_scaling(
        rule.metric_type.lower(),
        minimum_instance_count=policy.minimum_instance_count,
        maximum_instance_count=policy.maximum_instance_count,
        initial_instance_count=policy.initial_instance_count,
        scale_in_threshold=rule.scale_in_configuration.threshold,
        scale_out_threshold=rule.scale_out_configuration.threshold,
        cool_down_in_seconds=scaling.cool_down_in_seconds,
        is_enabled=scaling.is_enabled,
    )


def _read_target(
    said: ModelDeploymentInfrastructure, target: cluster.ManagedComputeClusterModelDeployInfrastructureConfigDetails
) -> None:
    request = target.model_deployment_resource_configuration.resource_request_configuration
    said.with_compute_target(
        {
            "compute_target_id": target.compute_target_id,
            "ocpus": request.ocpus,
            "memory_in_gbs": request.memory_in_gbs,
            "gpu_count": request.gpus,
        }
    )
    if isinstance(target.scaling_policy, cluster.ManagedComputeClusterWorkloadFixedSizeScalingPolicy):
        said.with_replica(target.scaling_policy.instance_count)


def _variables(details: nouns.ModelDeploymentConfigurationDetails | None) -> dict[str, str]:
    environment = details.environment_configuration_details if details is not None else None
    return dict((environment.environment_variables if environment else None) or {})
