"""Autoscaling: a policy and what was measured to the number of instances that is wanted. A pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean
from typing import Literal

Statistic = Literal["mean", "max", "min"]
Comparison = Literal[">", ">=", "<", "<="]


class Metric(str, Enum):
    """Be something that is measured of every deployment, in percent of what its instances have."""

    CPU = "cpu"
    MEMORY = "memory"


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Be a condition that scales by some instances once it has held for a time; times in seconds."""

    metric: Metric
    comparison: Comparison
    value: float
    statistic: Statistic = "mean"
    interval: float = 60.0
    """Of how long a time one value is made."""

    pending: float
    adjustment: int = 1
    is_of_what_is_left: bool = False
    """Whether the value is compared with what each instance would have to do if there were fewer of them."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Be between which counts to scale, when, and how long to rest after it; times in seconds."""

    minimum: int
    maximum: int
    initial: int
    out: tuple[Trigger, ...]
    """One that holds is enough for more instances."""

    into: tuple[Trigger, ...]
    """All must hold for fewer."""

    rest_before_out: float
    rest_before_into: float
    is_enabled: bool = True

    @property
    def horizon(self) -> float:
        """For how long measurements matter, in seconds."""
        return max((max(trigger.pending, trigger.interval) for trigger in (*self.out, *self.into)), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Be one measurement, in percent over all instances; the time in seconds since the epoch."""

    time: float
    cpu: float
    memory: float

    def value(self, metric: Metric) -> float:
        """Return what was measured of a metric."""
        return self.cpu if metric is Metric.CPU else self.memory


@dataclass(frozen=True, kw_only=True)
class History:
    """Be what has happened so far: measurements in the order of their times, the count, and when it last changed."""

    samples: Sequence[Sample]
    count: int
    scaled: float | None = None


def scale(policy: Policy, history: History, now: float) -> int:
    """Return how many instances are wanted now.

    Args:
        policy: By which rules.
        history: What has happened so far.
        now: Seconds since the epoch.
    """
    count = history.count
    bounded = max(policy.minimum, min(count, policy.maximum))
    if bounded != count or not policy.is_enabled:
        return bounded
    rested = float("inf") if history.scaled is None else now - history.scaled
    more = [trigger.adjustment for trigger in policy.out if _holds(trigger, history, now)]
    if more:
        return min(count + max(more), policy.maximum) if rested >= policy.rest_before_out else count
    if rested < policy.rest_before_into or not policy.into:
        return count
    if all(_holds(trigger, history, now) for trigger in policy.into):
        return max(count - min(trigger.adjustment for trigger in policy.into), policy.minimum)
    return count


def _holds(trigger: Trigger, history: History, now: float) -> bool:
    """Tell whether a condition has held in every interval of its pending time; where nothing is known, it has not."""
    intervals = max(1, int(trigger.pending // trigger.interval))
    wanted = trigger.value
    if trigger.is_of_what_is_left:
        left = max(0, history.count - trigger.adjustment)
        wanted = wanted * left / history.count
    for number in range(intervals):
        end = now - number * trigger.interval
        values = [
            sample.value(trigger.metric) for sample in history.samples if end - trigger.interval < sample.time <= end
        ]
        if not values or not _compare(_summary(trigger.statistic, values), trigger.comparison, wanted):
            return False
    return True


def _summary(statistic: Statistic, values: Sequence[float]) -> float:
    if statistic == "mean":
        return fmean(values)
    return max(values) if statistic == "max" else min(values)


def _compare(value: float, comparison: Comparison, wanted: float) -> bool:
    return {">": value > wanted, ">=": value >= wanted, "<": value < wanted, "<=": value <= wanted}[comparison]
