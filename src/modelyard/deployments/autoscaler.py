"""Measure what deployments that scale by themselves use, and tell how many instances they want."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.deployments import configuration
from modelyard.deployments.autoscaling import History, Policy, Sample, scale
from modelyard.deployments.driver import Driver, Phase, Replica, Usage
from modelyard.deployments.shapes import Size
from modelyard.deployments.store import Deployment
from modelyard.lifecycle import DeploymentState

SAMPLE_EVERY = 5.0
"""How often what replicas use is looked at, in seconds."""

_GIB = 1 << 30


@dataclass
class _Meter:
    """Be what is known of one deployment; a service that is started again begins with none."""

    samples: deque[Sample] = field(default_factory=deque)
    time: float = 0.0
    usage: Mapping[str, Usage] = field(default_factory=dict)


class Autoscaler:
    """Tell how many instances deployments want.

    Args:
        driver: Knows what replicas use.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._meters: dict[str, _Meter] = {}
        self._looked = float("-inf")

    def wanted(
        self, deployments: Iterable[Deployment], replicas: Mapping[str, Sequence[Replica]], now: float
    ) -> dict[str, int]:
        """Return the number of instances of each deployment that wants another than it has.

        Args:
            deployments: All that there are.
            replicas: What runs, by deployment.
            now: Seconds since the epoch.
        """
        if 0 <= now - self._looked < SAMPLE_EVERY:
            return {}
        self._looked = now
        scaled = {each.noun.id: (each, policy) for each in deployments if (policy := _policy(each)) is not None}
        self._meters = {id: self._meters.get(id) or _Meter() for id in scaled}
        if not scaled:
            return {}
        usage = self._driver.usage()
        wanted = {}
        for id, (deployment, policy) in scaled.items():
            meter, rollout = self._meters[id], deployment.spec.target
            ready = [replica for replica in replicas.get(id, ()) if replica.phase is Phase.READY]
            _measure(
                meter,
                {replica.id: usage[replica.id] for replica in ready if replica.id in usage},
                size=configuration.size(rollout.configuration),
                models=len(rollout.revisions),
                now=now,
            )
            _forget(meter, before=now - policy.horizon)
            history = History(samples=meter.samples, count=rollout.count, scaled=deployment.spec.scaled)
            count = scale(policy, history, now)
            is_at_rest = len(ready) == rollout.count * len(rollout.revisions)
            if count != rollout.count and is_at_rest:
                wanted[id] = count
        return wanted


def _policy(deployment: Deployment) -> Policy | None:
    if deployment.noun.lifecycle_state is not DeploymentState.ACTIVE:
        return None
    return configuration.policy(deployment.spec.target.configuration, deployment_id=deployment.noun.id)


def _measure(meter: _Meter, usage: Mapping[str, Usage], *, size: Size, models: int, now: float) -> None:
    """Add a sample: what the replicas that were there at the last look too have used since."""
    known = usage.keys() & meter.usage.keys()
    passed = now - meter.time
    if known and passed > 0:
        instances = len(known) / models
        used = sum(max(0.0, usage[id].cpu_seconds - meter.usage[id].cpu_seconds) for id in known)
        held = sum(usage[id].memory for id in known)
        meter.samples.append(
            Sample(
                time=now,
                cpu=min(100.0, 100.0 * used / (passed * size.processors * instances)),
                memory=min(100.0, 100.0 * held / (size.memory_in_gbs * _GIB * instances)),
            )
        )
    meter.time, meter.usage = now, usage


def _forget(meter: _Meter, *, before: float) -> None:
    while meter.samples and meter.samples[0].time <= before:
        meter.samples.popleft()
