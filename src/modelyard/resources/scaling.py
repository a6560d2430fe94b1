"""Scaling policies: how many instances run, and by which rules that changes."""

from __future__ import annotations

from typing import Annotated, Literal, Union

import msgspec

from modelyard.resources.noun import Noun, documented

PositiveInt = Annotated[int, msgspec.Meta(ge=1)]
PositiveFloat = Annotated[float, msgspec.Meta(gt=0)]
InstanceCount = Annotated[PositiveInt, documented({"maximum": 100})]
Percent = Annotated[int, documented({"minimum": 1, "maximum": 100})]
Adjustment = Annotated[int, documented({"minimum": 1, "maximum": 100})]
Rest = Annotated[int, documented({"minimum": 300, "maximum": 86_400})]
"""In seconds."""

PendingDuration = Annotated[str, documented({"pattern": r"^PT(1H|60M|([3-9]|[1-5][0-9])M([1-5]?[0-9]S)?)$"})]
"""Three minutes to an hour."""

MetricQuery = Annotated[str, documented({"examples": ["CPUUtilization[1m].mean() > 75"]})]


class FixedSizeScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="FIXED_SIZE"):
    """Run a fixed number of instances."""

    instance_count: InstanceCount


class PredefinedExpressionThresholdScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="THRESHOLD"
):
    """Say at which value of a metric to scale, and by how much."""

    threshold: Percent
    pending_duration: PendingDuration | None = None
    instance_count_adjustment: Adjustment | None = None


class CustomExpressionQueryScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="QUERY"
):
    """Say which query of a metric scales, and by how much."""

    query: MetricQuery
    pending_duration: PendingDuration | None = None
    instance_count_adjustment: Adjustment | None = None


class PredefinedMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="PREDEFINED_EXPRESSION"
):
    """Scale on a metric that every deployment has."""

    metric_type: Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"]
    scale_in_configuration: PredefinedExpressionThresholdScalingConfiguration
    scale_out_configuration: PredefinedExpressionThresholdScalingConfiguration


class CustomMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="CUSTOM_EXPRESSION"
):
    """Scale on a query."""

    scale_in_configuration: CustomExpressionQueryScalingConfiguration
    scale_out_configuration: CustomExpressionQueryScalingConfiguration


class ThresholdBasedAutoScalingPolicyDetails(
    Noun, frozen=True, kw_only=True, tag_field="autoScalingPolicyType", tag="THRESHOLD"
):
    """Say between which counts, and by which rules, to scale."""

    rules: Annotated[
        list[Union[PredefinedMetricExpressionRule, CustomMetricExpressionRule]],
        documented({"minItems": 1, "maxItems": 10}),
    ]
    maximum_instance_count: InstanceCount
    minimum_instance_count: InstanceCount
    initial_instance_count: InstanceCount


class AutoScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="AUTOSCALING"):
    """Run as many instances as the load asks for."""

    auto_scaling_policies: Annotated[
        list[ThresholdBasedAutoScalingPolicyDetails], documented({"minItems": 1, "maxItems": 1})
    ]
    cool_down_in_seconds: Rest | None = None
    is_enabled: bool | None = None


ScalingPolicy = Union[FixedSizeScalingPolicy, AutoScalingPolicy]
