"""A deployment as `deployment show` tells of it: names and values."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypeAlias

from modelyard.cli.scaling import COOL_DOWN_UNLESS_TOLD, PENDING_UNLESS_TOLD

if TYPE_CHECKING:
    from modelyard.resources.deployment import (
        EnvironmentConfigurationDetails,
        InstancePoolInfrastructureConfigurationDetails,
        ModelConfigurationDetails,
        ModelDeployment,
        ModelDeploymentConfigurationDetails,
    )
    from modelyard.resources.scaling import CustomMetricExpressionRule, PredefinedMetricExpressionRule

    _Rule: TypeAlias = PredefinedMetricExpressionRule | CustomMetricExpressionRule

_MEASURED = {"CPU_UTILIZATION": "processor use", "MEMORY_UTILIZATION": "memory use"}


def state_values(deployment: ModelDeployment) -> dict[str, object]:
    """Return what a deployment is and how it stands."""
    return {
        "ocid": deployment.id,
        "state": deployment.lifecycle_state,
        "details": deployment.lifecycle_details,
        "url": f"{deployment.model_deployment_url}/predict",
        "description": deployment.description,
        "created": deployment.time_created,
        "by": deployment.created_by,
        "project": deployment.project_id,
        "compartment": deployment.compartment_id,
    }


def configuration_values(deployment: ModelDeployment) -> dict[str, object]:
    """Return what a deployment serves, on what, and with which environment variables."""
    configuration = deployment.model_deployment_configuration_details
    if configuration is None:
        return {}
    environment = configuration.environment_configuration_details
    variables = (environment and environment.environment_variables) or {}
    data = deployment.model_deployment_system_data
    running = {"running now": data.current_instance_count} if data is not None else {}
    named = {f"${key}": value for key, value in variables.items()}
    return {**_serving_values(configuration), **_container_values(environment), **running, **named}


def _container_values(environment: EnvironmentConfigurationDetails | None) -> dict[str, object]:
    from modelyard.resources.deployment import OcirModelDeploymentEnvironmentConfigurationDetails

    if not isinstance(environment, OcirModelDeploymentEnvironmentConfigurationDetails):
        return {}
    values = {
        "image": environment.image,
        "image digest": environment.image_digest,
        "entrypoint": shlex.join(environment.entrypoint or ()),
        "cmd": shlex.join(environment.cmd or ()),
        "server port": environment.server_port,
        "health port": environment.health_check_port,
    }
    return {name: value for name, value in values.items() if value}


def log_values(deployment: ModelDeployment) -> dict[str, object]:
    """Return the logs that a deployment writes, where it writes any."""
    logs = deployment.category_log_details
    if logs is None:
        return {}
    written = {"access": logs.access, "predict": logs.predict}
    return {kind: log.log_id for kind, log in written.items() if log is not None}


def _serving_values(configuration: ModelDeploymentConfigurationDetails) -> dict[str, object]:
    from modelyard.resources.deployment import (
        ModelGroupDeploymentConfigurationDetails,
        SingleModelDeploymentFlexConfigurationDetails,
        StreamConfigurationDetails,
    )

    if isinstance(configuration, SingleModelDeploymentFlexConfigurationDetails):
        target = configuration.infrastructure_configuration_details
        request = target.model_deployment_resource_configuration.resource_request_configuration
        return {
            "model": configuration.model_configuration_details.model_id,
            "compute target": target.compute_target_id,
            "ocpus": request.ocpus,
            "memory": f"{request.memory_in_gbs:g} GB",
            "instances": scaling_sentence(target.scaling_policy),
        }
    if isinstance(configuration, ModelGroupDeploymentConfigurationDetails):
        group_id = configuration.model_group_configuration_details.model_group_id
        return {"group": group_id, **_pool_values(configuration.infrastructure_configuration_details)}
    model = configuration.model_configuration_details
    streams = configuration.stream_configuration_details or StreamConfigurationDetails()
    return {
        "model": model.model_id,
        **({"reads": streams.input_stream_ids} if streams.input_stream_ids else {}),
        **({"writes": streams.output_stream_ids} if streams.output_stream_ids else {}),
        **_pool_values(model),
    }


def _pool_values(
    pool: ModelConfigurationDetails | InstancePoolInfrastructureConfigurationDetails,
) -> dict[str, object]:
    size = pool.instance_configuration.model_deployment_instance_shape_config_details
    return {
        "shape": pool.instance_configuration.instance_shape_name,
        "ocpus": size.ocpus if size else None,
        "memory": f"{size.memory_in_gbs:g} GB" if size and size.memory_in_gbs else None,
        "instances": scaling_sentence(pool.scaling_policy),
    }


def scaling_sentence(policy: object) -> object:
    """Return how many instances a policy lets run: a number, or a sentence of when that changes."""
    from modelyard.resources.scaling import AutoScalingPolicy

    if policy is None:
        return 1
    if not isinstance(policy, AutoScalingPolicy):
        return getattr(policy, "instance_count", "by load")
    if policy.is_enabled is False:
        return "as many as there are: its scaling policy is turned off"
    details = policy.auto_scaling_policies[0]
    more = " or ".join(_when_more(rule) for rule in details.rules)
    fewer = " and ".join(_when_fewer(rule) for rule in details.rules)
    return (
        f"{details.minimum_instance_count} to {details.maximum_instance_count} by load: more when {more}, "
        f"fewer when {fewer}, then no change for {policy.cool_down_in_seconds or COOL_DOWN_UNLESS_TOLD} s"
    )


def _when_more(rule: _Rule) -> str:
    from modelyard.resources.scaling import PredefinedMetricExpressionRule

    if isinstance(rule, PredefinedMetricExpressionRule):
        use = f"{_MEASURED[rule.metric_type]} is at least {rule.scale_out_configuration.threshold} %"
    else:
        use = rule.scale_out_configuration.query
    return f"{use} for {_spoken(rule.scale_out_configuration.pending_duration)}"


def _when_fewer(rule: _Rule) -> str:
    from modelyard.resources.scaling import PredefinedMetricExpressionRule

    if isinstance(rule, PredefinedMetricExpressionRule):
        use = f"{_MEASURED[rule.metric_type]} is at most {rule.scale_in_configuration.threshold} %"
    else:
        use = rule.scale_in_configuration.query
    return f"{use} for {_spoken(rule.scale_in_configuration.pending_duration)}"


def _spoken(duration: str | None) -> str:
    """Return a duration as people say it, where it is one of whole minutes."""
    text = duration or PENDING_UNLESS_TOLD
    minutes = text[2:-1]
    return f"{minutes} minutes" if text.endswith("M") and minutes.isdecimal() else text
