"""How many instances a deployment is to have: from the options to a scaling policy."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from modelyard.cli.command import option
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.resources.scaling import AutoScalingPolicy, ScalingPolicy

Metric = Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"]

_METRICS: dict[str, Metric] = {"cpu": "CPU_UTILIZATION", "memory": "MEMORY_UTILIZATION"}
PENDING_UNLESS_TOLD = "PT3M"
COOL_DOWN_UNLESS_TOLD = 300

OPTIONS = (
    option("--instances", metavar="COUNT", convert=int, about="How many instances run."),
    option("--scale", metavar="MIN:MAX", about="Let the load decide how many instances run, between these two."),
    option("--scale-on", choices=tuple(_METRICS), about="What --scale follows: processor use (cpu) or memory use."),
    option("--scale-out-above", metavar="PERCENT", convert=int, about="From which use on an instance is added (70)."),
    option("--scale-in-below", metavar="PERCENT", convert=int, about="Up to which use an instance is taken away (30)."),
    option("--pending", metavar="MINUTES", convert=int, about="For how long it must be so before: 3 to 60 (3)."),
    option("--cool-down", metavar="SECONDS", convert=int, about="How long nothing changes after that (300)."),
)
"""What `deployment create` and `update` take."""

REFINED = ("scale_on", "scale_out_above", "scale_in_below", "pending", "cool_down")
"""Where the options that refine --scale are found."""


@dataclass(frozen=True, kw_only=True)
class _Scale:
    minimum: int
    maximum: int
    initial: int
    metric: Metric = "CPU_UTILIZATION"
    above: int = 70
    below: int = 30
    pending_out: str = PENDING_UNLESS_TOLD
    pending_in: str = PENDING_UNLESS_TOLD
    cool_down: int = COOL_DOWN_UNLESS_TOLD
    is_enabled: bool = True


def scaling_policy(given: Namespace, *, current: ScalingPolicy | None) -> ScalingPolicy | None:
    """Return the policy that the options ask for; None where they name none.

    Args:
        given: The options.
        current: The policy of the deployment as it is; what the options leave out stays so.

    Raises:
        UsageError: The options contradict each other, or miss the one that they belong to.
    """
    from modelyard.resources.scaling import FixedSizeScalingPolicy

    refined = [name for name in REFINED if getattr(given, name) is not None]
    if given.instances is not None:
        if given.scale is not None or refined:
            other = "--scale" if given.scale is not None else _option(refined[0])
            raise UsageError(
                f"--instances {given.instances} fixes how many instances run, and {other} lets the load decide: "
                "give one of them."
            )
        if given.instances < 1:
            raise UsageError(
                f"--instances is given {given.instances}, and takes a number from 1 on; `modelyard deployment "
                "deactivate` stops a deployment and keeps its address."
            )
        return FixedSizeScalingPolicy(instance_count=given.instances)
    if given.scale is None and not refined:
        return None
    return _policy(_refined(_asked(given, current, refined), given))


def _asked(given: Namespace, current: ScalingPolicy | None, refined: list[str]) -> _Scale:
    before = _read(current)
    if given.scale is None:
        if before is None:
            raise UsageError(f"{_option(refined[0])} refines --scale: give that too, --scale 1:4 for one.")
        return before
    minimum, maximum = _bounds(given.scale)
    initial = min(max(_initial(current), minimum), maximum)
    if before is None:
        return _Scale(minimum=minimum, maximum=maximum, initial=initial)
    return replace(before, minimum=minimum, maximum=maximum, initial=initial, is_enabled=True)


def _bounds(text: str) -> tuple[int, int]:
    minimum, _, maximum = text.partition(":")
    if not (minimum.isdecimal() and maximum.isdecimal() and 1 <= int(minimum) <= int(maximum)):
        raise UsageError(f"--scale is given {text!r}, and takes MIN:MAX, as in 1:4.")
    return int(minimum), int(maximum)


def _refined(asked: _Scale, given: Namespace) -> _Scale:
    pending = None if given.pending is None else f"PT{given.pending}M"
    found = replace(
        asked,
        metric=_METRICS[given.scale_on] if given.scale_on is not None else asked.metric,
        above=given.scale_out_above if given.scale_out_above is not None else asked.above,
        below=given.scale_in_below if given.scale_in_below is not None else asked.below,
        pending_out=pending or asked.pending_out,
        pending_in=pending or asked.pending_in,
        cool_down=given.cool_down if given.cool_down is not None else asked.cool_down,
    )
    if found.below >= found.above:
        raise UsageError(
            f"An instance would be taken away up to {found.below} % and added from {found.above} % on: give a "
            "--scale-in-below that is under --scale-out-above."
        )
    return found


def _policy(scale: _Scale) -> AutoScalingPolicy:
    from modelyard.resources.scaling import (
        AutoScalingPolicy,
        PredefinedExpressionThresholdScalingConfiguration,
        PredefinedMetricExpressionRule,
        ThresholdBasedAutoScalingPolicyDetails,
    )

    rule = PredefinedMetricExpressionRule(
        metric_type=scale.metric,
        scale_out_configuration=PredefinedExpressionThresholdScalingConfiguration(
            threshold=scale.above, pending_duration=scale.pending_out
        ),
        scale_in_configuration=PredefinedExpressionThresholdScalingConfiguration(
            threshold=scale.below, pending_duration=scale.pending_in
        ),
    )
    details = ThresholdBasedAutoScalingPolicyDetails(
        rules=[rule],
        minimum_instance_count=scale.minimum,
        initial_instance_count=scale.initial,
        maximum_instance_count=scale.maximum,
    )
    return AutoScalingPolicy(
        auto_scaling_policies=[details], cool_down_in_seconds=scale.cool_down, is_enabled=scale.is_enabled
    )


def _read(policy: ScalingPolicy | None) -> _Scale | None:
    """Return a policy as the options could have asked for it; None where they could not."""
    from modelyard.resources.scaling import AutoScalingPolicy, PredefinedMetricExpressionRule

    if not isinstance(policy, AutoScalingPolicy) or len(policy.auto_scaling_policies) != 1:
        return None
    details = policy.auto_scaling_policies[0]
    rule = details.rules[0]
    if len(details.rules) != 1 or not isinstance(rule, PredefinedMetricExpressionRule):
        return None
    out, into = rule.scale_out_configuration, rule.scale_in_configuration
    if out.instance_count_adjustment or into.instance_count_adjustment:
        return None
    return _Scale(
        minimum=details.minimum_instance_count,
        maximum=details.maximum_instance_count,
        initial=details.initial_instance_count,
        metric=rule.metric_type,
        above=out.threshold,
        below=into.threshold,
        pending_out=out.pending_duration or PENDING_UNLESS_TOLD,
        pending_in=into.pending_duration or PENDING_UNLESS_TOLD,
        cool_down=policy.cool_down_in_seconds or COOL_DOWN_UNLESS_TOLD,
        is_enabled=policy.is_enabled is not False,
    )


def _initial(policy: ScalingPolicy | None) -> int:
    """Return with how many instances a policy begins, which one that replaces it takes over if it may."""
    from modelyard.resources.scaling import FixedSizeScalingPolicy

    if policy is None:
        return 1
    if isinstance(policy, FixedSizeScalingPolicy):
        return policy.instance_count
    return policy.auto_scaling_policies[0].initial_instance_count


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
