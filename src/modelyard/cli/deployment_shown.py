"""A deployment as `deployment show` tells of it: names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelyard.resources.deployment import (
        InstancePoolInfrastructureConfigurationDetails,
        LogDetails,
        ModelConfigurationDetails,
        ModelDeployment,
        ModelDeploymentConfigurationDetails,
    )
    from modelyard.resources.scaling import (
        AutoScalingPolicy,
        CustomMetricExpressionRule,
        PredefinedMetricExpressionRule,
    )

_MEASURED = {"CPU_UTILIZATION": "processor use", "MEMORY_UTILIZATION": "memory use"}
_PENDING_UNLESS_TOLD = "PT3M"
_COOL_DOWN_UNLESS_TOLD = 300


def state_values(deployment: ModelDeployment) -> dict[str, object]:
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
    configuration = deployment.model_deployment_configuration_details
    if configuration is None:
        return {}
    environment = configuration.environment_configuration_details
    variables = (environment and environment.environment_variables) or {}
    return {**_serving_values(configuration), **{f"${key}": value for key, value in variables.items()}}


def _serving_values(configuration: ModelDeploymentConfigurationDetails) -> dict[str, object]:
    from modelyard.resources.deployment import (
        ModelGroupDeploymentConfigurationDetails,
        SingleModelDeploymentFlexConfigurationDetails,
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
    return {"model": model.model_id, **_pool_values(model)}


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
    """Return how many instances a policy lets run: a number, or by which rules that changes."""
    from modelyard.resources.scaling import AutoScalingPolicy

    if policy is None:
        return 1
    if not isinstance(policy, AutoScalingPolicy):
        return getattr(policy, "instance_count", "by load")
    return "; ".join(_sentences(policy))


def _sentences(policy: AutoScalingPolicy) -> list[str]:
    said = []
    for details in policy.auto_scaling_policies:
        more = " or ".join(_condition(rule, is_out=True) for rule in details.rules)
        fewer = " and ".join(_condition(rule, is_out=False) for rule in details.rules)
        counts = f"{details.minimum_instance_count} to {details.maximum_instance_count} by load"
        said.append(f"{counts}: more when {more}, fewer when {fewer}")
    rest = policy.cool_down_in_seconds or _COOL_DOWN_UNLESS_TOLD
    said.append("turned off" if policy.is_enabled is False else f"{rest} s between changes")
    return said


def _condition(rule: PredefinedMetricExpressionRule | CustomMetricExpressionRule, *, is_out: bool) -> str:
    from modelyard.resources.scaling import PredefinedMetricExpressionRule

    if isinstance(rule, PredefinedMetricExpressionRule):
        at = rule.scale_out_configuration if is_out else rule.scale_in_configuration
        sign = "≥" if is_out else "≤"
        what = f"{_MEASURED[rule.metric_type]} {sign} {at.threshold} %"
        return f"{what} for {_spoken(at.pending_duration)}"
    query = rule.scale_out_configuration if is_out else rule.scale_in_configuration
    return f"{query.query} for {_spoken(query.pending_duration)}"


def _spoken(duration: str | None) -> str:
    """Return a duration as people say it, as far as it is one of whole minutes."""
    text = duration or _PENDING_UNLESS_TOLD
    minutes = text.removeprefix("PT").removesuffix("M")
    return f"{minutes} min" if minutes.isdecimal() and text.endswith("M") else text
