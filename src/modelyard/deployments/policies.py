"""Scaling policies of the wire as the autoscaler reads them; what makes no sense is refused with what is wrong."""

from __future__ import annotations

import re
from typing import TypedDict, TypeVar

from modelyard.deployments import metric_query
from modelyard.deployments.autoscaling import Metric, Policy, Trigger
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.compute_cluster import (
    ManagedComputeClusterWorkloadAutoScalingPolicy,
    ManagedComputeClusterWorkloadScalePolicy,
    ManagedComputeClusterWorkloadThresholdBasedPolicyDetails,
    TargetPredefinedMetricExpressionRule,
)
from modelyard.resources.scaling import (
    AutoScalingPolicy,
    CustomExpressionQueryScalingConfiguration,
    CustomMetricExpressionRule,
    PredefinedExpressionThresholdScalingConfiguration,
    PredefinedMetricExpressionRule,
    ThresholdBasedAutoScalingPolicyDetails,
)

MOST_INSTANCES = 100
"""How many instances of a deployment one machine takes."""

SHORTEST_REST = 300
SHORTEST_PENDING, LONGEST_PENDING = 180.0, 3600.0
"""In seconds."""

_LONGEST_REST = 86_400
_MOST_RULES = 10
_METRICS = {"CPU_UTILIZATION": Metric.CPU, "MEMORY_UTILIZATION": Metric.MEMORY}
_Details = TypeVar(
    "_Details", ThresholdBasedAutoScalingPolicyDetails, ManagedComputeClusterWorkloadThresholdBasedPolicyDetails
)
_DURATION = re.compile(r"PT(?=\d)(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?", re.ASCII)


def policy_of_pool(policy: AutoScalingPolicy, *, deployment_id: str | None = None) -> Policy:
    """Return the policy of an instance pool.

    Args:
        policy: As the wire has it.
        deployment_id: The deployment, where it is there already: queries may name it.

    Raises:
        InvalidParameter: It makes no sense, or has a query that cannot be evaluated.
    """
    details = _only(policy.auto_scaling_policies)
    out, into = [], []
    for rule in details.rules:
        if isinstance(rule, PredefinedMetricExpressionRule):
            more, fewer = _predefined(rule)
        else:
            more, fewer = _custom(rule, deployment_id)
        out.append(more)
        into.append(fewer)
    rest = _rest(policy.cool_down_in_seconds)
    return _policy(details, out, into, rest=(rest, rest), is_enabled=policy.is_enabled is not False)


def policy_of_cluster(policy: ManagedComputeClusterWorkloadAutoScalingPolicy) -> Policy:
    """Return the policy of a compute target, whose rules hold a metric at a value.

    Raises:
        InvalidParameter: It makes no sense.
        MethodNotImplemented: It has a query, which cannot be evaluated.
    """
    details = _only(policy.auto_scaling_policies)
    more = details.scale_out_policy or ManagedComputeClusterWorkloadScalePolicy()
    fewer = details.scale_in_policy or ManagedComputeClusterWorkloadScalePolicy()
    out, into = [], []
    for rule in details.rules:
        if not isinstance(rule, TargetPredefinedMetricExpressionRule):
            raise MethodNotImplemented(
                f"The query {rule.scale_configuration.query!r} cannot be held at a value here: "
                "use a TARGET_PREDEFINED_EXPRESSION rule on CPU_UTILIZATION or MEMORY_UTILIZATION."
            )
        metric, value = _METRICS[rule.metric_type], _percent(rule.scale_configuration.threshold, "threshold")
        out.append(Trigger(metric=metric, comparison=">", value=value, **_times(more)))
        into.append(Trigger(metric=metric, comparison="<", value=value, is_of_what_is_left=True, **_times(fewer)))
    rest = (_rest(more.cool_down_in_seconds), _rest(fewer.cool_down_in_seconds))
    return _policy(details, out, into, rest=rest, is_enabled=policy.is_enabled is not False)


def _only(policies: list[_Details]) -> _Details:
    if len(policies) != 1:
        raise InvalidParameter(
            f"autoScalingPolicies has {len(policies)} policies; it takes one, of at most {_MOST_RULES} rules."
        )
    details = policies[0]
    if not 1 <= len(details.rules) <= _MOST_RULES:
        raise InvalidParameter(
            f"The autoscaling policy has {len(details.rules)} rules; it takes 1 to {_MOST_RULES}, such as one on "
            "CPU_UTILIZATION."
        )
    return details


def _policy(
    details: ThresholdBasedAutoScalingPolicyDetails | ManagedComputeClusterWorkloadThresholdBasedPolicyDetails,
    out: list[Trigger],
    into: list[Trigger],
    *,
    rest: tuple[float, float],
    is_enabled: bool,
) -> Policy:
    least, first = details.minimum_instance_count, details.initial_instance_count
    most = details.maximum_instance_count
    if most > MOST_INSTANCES:
        raise InvalidParameter(f"maximumInstanceCount is {most}; one machine takes at most {MOST_INSTANCES}.")
    if not least <= first <= most:
        raise InvalidParameter(
            f"minimumInstanceCount, initialInstanceCount and maximumInstanceCount are {least}, {first} and {most}; "
            "none may be over the next."
        )
    return Policy(
        minimum=least,
        maximum=most,
        initial=first,
        out=tuple(out),
        into=tuple(into),
        rest_before_out=rest[0],
        rest_before_into=rest[1],
        is_enabled=is_enabled,
    )


def _predefined(rule: PredefinedMetricExpressionRule) -> tuple[Trigger, Trigger]:
    more, fewer = rule.scale_out_configuration, rule.scale_in_configuration
    high, low = _percent(more.threshold, "scale-out threshold"), _percent(fewer.threshold, "scale-in threshold")
    if low >= high:
        raise InvalidParameter(
            f"The scale-in threshold {low:g} of {rule.metric_type} is not under the scale-out threshold {high:g}."
        )
    metric = _METRICS[rule.metric_type]
    return (
        Trigger(metric=metric, comparison=">=", value=high, **_times(more)),
        Trigger(metric=metric, comparison="<=", value=low, **_times(fewer)),
    )


def _custom(rule: CustomMetricExpressionRule, deployment_id: str | None) -> tuple[Trigger, Trigger]:
    return (
        _of_query(rule.scale_out_configuration, deployment_id),
        _of_query(rule.scale_in_configuration, deployment_id),
    )


def _of_query(given: CustomExpressionQueryScalingConfiguration, deployment_id: str | None) -> Trigger:
    query = metric_query.parse(given.query)
    if query.resource_id is not None and query.resource_id != deployment_id:
        raise InvalidParameter(
            f"The metric query {given.query!r} is on {query.resource_id}, another resource: leave resourceId out, or "
            f"write {metric_query.PLACEHOLDER} for the deployment itself."
        )
    return Trigger(
        metric=query.metric,
        comparison=query.comparison,
        value=query.value,
        statistic=query.statistic,
        interval=query.interval,
        **_times(given),
    )


def _percent(value: float, what: str) -> float:
    if not 0 < value <= 100:
        raise InvalidParameter(f"The {what} is {value:g}; it is in percent, over 0 and at most 100.")
    return float(value)


def _rest(seconds: int | None) -> float:
    if seconds is not None and not SHORTEST_REST <= seconds <= _LONGEST_REST:
        raise InvalidParameter(f"coolDownInSeconds is {seconds}; it takes {SHORTEST_REST} to {_LONGEST_REST} seconds.")
    return float(seconds or SHORTEST_REST)


class _Times(TypedDict):
    pending: float
    adjustment: int


def _times(
    given: PredefinedExpressionThresholdScalingConfiguration
    | CustomExpressionQueryScalingConfiguration
    | ManagedComputeClusterWorkloadScalePolicy,
) -> _Times:
    adjustment = given.instance_count_adjustment
    if adjustment is not None and not 1 <= adjustment <= MOST_INSTANCES:
        raise InvalidParameter(f"instanceCountAdjustment is {adjustment}; it takes 1 to {MOST_INSTANCES}.")
    return _Times(pending=_seconds(given.pending_duration), adjustment=adjustment or 1)


def _seconds(duration: str | None) -> float:
    if duration is None:
        return SHORTEST_PENDING
    match = _DURATION.fullmatch(duration)
    if match is not None:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        total = float(hours * 3600 + minutes * 60 + seconds)
        if SHORTEST_PENDING <= total <= LONGEST_PENDING:
            return total
    raise InvalidParameter(f"pendingDuration is {duration!r}; it takes PT3M to PT1H.")
