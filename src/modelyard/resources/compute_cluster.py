"""Deployments on a compute target: what a model asks for there, and how it scales."""

from __future__ import annotations

from typing import Annotated, Literal, Union

import msgspec

from modelyard.resources.noun import Identifier, Noun, documented
from modelyard.resources.scaling import Adjustment, InstanceCount, PendingDuration, PositiveFloat, Rest

Count = Annotated[int, msgspec.Meta(ge=0)]


class ResourceRequestConfiguration(Noun, frozen=True, kw_only=True):
    """Say what an instance needs at least."""

    ocpus: Annotated[PositiveFloat, documented({"maximum": 128})]
    memory_in_gbs: PositiveFloat
    gpus: Annotated[Count, documented({"maximum": 0})] | None = None


class ResourceLimitConfiguration(Noun, frozen=True, kw_only=True):
    """Say what an instance may take at most."""

    ocpus: PositiveFloat | None = None
    memory_in_gbs: PositiveFloat | None = None


class ManagedComputeClusterModelDeploymentResourceConfiguration(Noun, frozen=True, kw_only=True):
    """Say how large an instance is."""

    resource_request_configuration: ResourceRequestConfiguration
    resource_limit_configuration: ResourceLimitConfiguration | None = None


class TargetPredefinedExpressionThresholdScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="targetScalingConfigurationType", tag="THRESHOLD"
):
    """Say at which value of a metric every instance is to be held."""

    threshold: Annotated[PositiveFloat, documented({"maximum": 100})]


class TargetCustomExpressionQueryScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="targetScalingConfigurationType", tag="QUERY"
):
    """Say which query is to be held at which value."""

    query: str
    threshold: PositiveFloat
    metric_namespace: str | None = None


class TargetPredefinedMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="TARGET_PREDEFINED_EXPRESSION"
):
    """Hold a metric that every deployment has."""

    metric_type: Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"]
    scale_configuration: TargetPredefinedExpressionThresholdScalingConfiguration


class TargetCustomMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="TARGET_CUSTOM_EXPRESSION"
):
    """Hold a query."""

    scale_configuration: TargetCustomExpressionQueryScalingConfiguration


class ManagedComputeClusterWorkloadScalePolicy(Noun, frozen=True, kw_only=True):
    """Say how long a rule must hold, by how many instances it scales, and how long it then rests."""

    pending_duration: PendingDuration | None = None
    instance_count_adjustment: Adjustment | None = None
    cool_down_in_seconds: Rest | None = None


class ManagedComputeClusterWorkloadThresholdBasedPolicyDetails(
    Noun, frozen=True, kw_only=True, tag_field="autoScalingPolicyType", tag="THRESHOLD"
):
    """Say between which counts, and by which rules, to scale."""

    rules: Annotated[
        list[Union[TargetPredefinedMetricExpressionRule, TargetCustomMetricExpressionRule]],
        documented({"minItems": 1, "maxItems": 10}),
    ]
    maximum_instance_count: InstanceCount
    minimum_instance_count: InstanceCount
    initial_instance_count: InstanceCount
    scale_in_policy: ManagedComputeClusterWorkloadScalePolicy | None = None
    scale_out_policy: ManagedComputeClusterWorkloadScalePolicy | None = None


class ManagedComputeClusterWorkloadFixedSizeScalingPolicy(
    Noun, frozen=True, kw_only=True, tag_field="policyType", tag="FIXED_SIZE"
):
    """Run a fixed number of instances."""

    instance_count: InstanceCount


class ManagedComputeClusterWorkloadAutoScalingPolicy(
    Noun, frozen=True, kw_only=True, tag_field="policyType", tag="AUTOSCALING"
):
    """Run as many instances as the load asks for."""

    auto_scaling_policies: Annotated[
        list[ManagedComputeClusterWorkloadThresholdBasedPolicyDetails], documented({"minItems": 1, "maxItems": 1})
    ]
    is_enabled: bool | None = None


WorkloadScalingPolicy = Union[
    ManagedComputeClusterWorkloadFixedSizeScalingPolicy, ManagedComputeClusterWorkloadAutoScalingPolicy
]


class ManagedComputeClusterModelDeployInfrastructureConfigDetails(
    Noun, frozen=True, kw_only=True, tag_field="infrastructureType", tag="MANAGED_COMPUTE_CLUSTER"
):
    """Say on how many instances of what, of which compute target, a model runs."""

    compute_target_id: Identifier
    model_deployment_resource_configuration: ManagedComputeClusterModelDeploymentResourceConfiguration
    scaling_policy: WorkloadScalingPolicy | None = None


class UpdateManagedComputeClusterModelDeployInfrastructureConfigDetails(
    Noun, frozen=True, kw_only=True, tag_field="infrastructureType", tag="MANAGED_COMPUTE_CLUSTER"
):
    """Say what is to change of them; what is absent stays."""

    compute_target_id: Identifier | None = None
    model_deployment_resource_configuration: ManagedComputeClusterModelDeploymentResourceConfiguration | None = None
    scaling_policy: WorkloadScalingPolicy | None = None


class ManagedComputeClusterModelDeploymentSystemData(
    Noun, frozen=True, kw_only=True, tag_field="systemInfraType", tag="MANAGED_COMPUTE_CLUSTER"
):
    """Tell how many instances run now."""

    model_type: Literal["MANAGED_MODEL"] | None = None
    current_instance_count: int | None = None
