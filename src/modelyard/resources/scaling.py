"""Scaling policies: how many instances run, and by which rules that changes."""

from __future__ import annotations

from typing import Annotated, Literal, Union

import msgspec

from modelyard.resources.noun import Noun

PositiveInt = Annotated[int, msgspec.Meta(ge=1)]
PositiveFloat = Annotated[float, msgspec.Meta(gt=0)]


class FixedSizeScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="FIXED_SIZE"):
    """Run a fixed number of instances."""

    instance_count: PositiveInt


class PredefinedExpressionThresholdScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="THRESHOLD"
):
    """Say at which value of a metric to scale, and by how much."""

    threshold: int
    pending_duration: str | None = None
    instance_count_adjustment: int | None = None


class CustomExpressionQueryScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="QUERY"
):
    """Say which query of a metric scales, and by how much."""

    query: str
    pending_duration: str | None = None
    instance_count_adjustment: int | None = None


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

    rules: list[Union[PredefinedMetricExpressionRule, CustomMetricExpressionRule]]
    maximum_instance_count: PositiveInt
    minimum_instance_count: PositiveInt
    initial_instance_count: PositiveInt


class AutoScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="AUTOSCALING"):
    """Run as many instances as the load asks for."""

    auto_scaling_policies: list[ThresholdBasedAutoScalingPolicyDetails]
    cool_down_in_seconds: int | None = None
    is_enabled: bool | None = None


ScalingPolicy = Union[FixedSizeScalingPolicy, AutoScalingPolicy]
