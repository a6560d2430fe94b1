"""Metric queries: the part of MQL by which a deployment's own metrics can be compared with a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from modelyard.deployments.autoscaling import Comparison, Metric, Statistic
from modelyard.errors import InvalidParameter

LONGEST = 2000
EXAMPLE = "CPUUtilization[1m].grouping().mean() > 75"
PLACEHOLDER = "MODEL_DEPLOYMENT_OCID"
"""What stands for the deployment's own OCID, which nobody knows before it is created."""

_METRICS = {"cpuutilization": Metric.CPU, "memoryutilization": Metric.MEMORY}
_STATISTICS: tuple[Statistic, ...] = ("mean", "max", "min")
_LONGEST_INTERVAL = 3600.0
_PARTS = (
    ("a metric", re.compile(r"\s*(\w{1,100})\s*", re.ASCII)),
    ("an interval, such as [1m]", re.compile(r"\[\s*(\d{1,4}[mh])\s*\]\s*", re.ASCII)),
    ("dimensions", re.compile(r"(?:\{([^{}]*)\}\s*)?", re.ASCII)),
    ("a grouping function", re.compile(r"(?:\.\s*(grouping|groupBy)\s*\(([^()]*)\)\s*)?", re.ASCII)),
    ("a statistic, such as .mean()", re.compile(r"\.\s*(\w{1,100})\s*\(\s*\)\s*", re.ASCII)),
    ("a comparison with a number, such as > 75", re.compile(r"(>=|<=|>|<)\s*(\d{1,9}(?:\.\d{1,9})?)\s*", re.ASCII)),
)
_DIMENSION = re.compile(r"\s*(\w+)\s*=\s*\"([^\"]*)\"\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class MetricQuery:
    """Be a metric, of intervals of which it is made, against a number."""

    metric: Metric
    interval: float
    """In seconds."""

    statistic: Statistic
    comparison: Comparison
    value: float
    resource_id: str | None = None
    """The deployment that it speaks of; None for the one that it belongs to."""


def parse(query: str) -> MetricQuery:
    """Return what a query says.

    Raises:
        InvalidParameter: It says what cannot be evaluated here; the message names that part.
    """
    if len(query) > LONGEST:
        raise InvalidParameter(f"The metric query has {len(query)} characters; {LONGEST} are allowed.")
    metric, interval, dimensions, (grouping, by), statistic, (comparison, value) = _split(query)
    if metric.lower() not in _METRICS:
        raise _unknown(query, f"the metric {metric}", "CPUUtilization and MemoryUtilization")
    if grouping == "groupBy" or by:
        raise _unknown(query, f"{grouping}({by})", "grouping() alone: a deployment's metrics have one series")
    if statistic not in _STATISTICS:
        raise _unknown(query, f"the statistic {statistic}()", ", ".join(f"{name}()" for name in _STATISTICS))
    seconds = int(interval[:-1]) * (60.0 if interval.endswith("m") else 3600.0)
    if not 0 < seconds <= _LONGEST_INTERVAL:
        raise _unknown(query, f"the interval {interval}", "1m to 60m, and 1h")
    return MetricQuery(
        metric=_METRICS[metric.lower()],
        interval=seconds,
        statistic=statistic,
        comparison=cast("Comparison", comparison),
        value=float(value),
        resource_id=_resource_id(query, dimensions),
    )


def _split(query: str) -> tuple[str, str, str, tuple[str, str], str, tuple[str, str]]:
    found: list[tuple[str, ...]] = []
    position = 0
    for what, pattern in _PARTS:
        match = pattern.match(query, position)
        if match is None:
            there = query[position : position + 40] or "its end"
            raise InvalidParameter(f"The metric query {query!r} has {there!r} where {what} belongs; write {EXAMPLE!r}.")
        found.append(tuple(group or "" for group in match.groups()))
        position = match.end()
    if position < len(query):
        raise InvalidParameter(
            f"The metric query {query!r} goes on with {query[position : position + 40]!r}; one comparison is all that "
            f"can be evaluated here, such as {EXAMPLE!r}."
        )
    (metric,), (interval,), (dimensions,), (grouping, by), (statistic,), (comparison, value) = found
    return metric, interval, dimensions, (grouping, by), statistic, (comparison, value)


def _resource_id(query: str, dimensions: str) -> str | None:
    found = None
    for part in dimensions.split(",") if dimensions.strip() else ():
        match = _DIMENSION.fullmatch(part)
        if match is None or match.group(1) != "resourceId":
            raise _unknown(query, f"the dimension {part.strip()!r}", 'resourceId = "…" alone')
        found = match.group(2)
    return None if found == PLACEHOLDER else found


def _unknown(query: str, what: str, known: str) -> InvalidParameter:
    return InvalidParameter(
        f"The metric query {query!r} names {what}, which cannot be evaluated here; there is {known}."
    )
