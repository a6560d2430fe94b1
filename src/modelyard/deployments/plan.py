"""What to do next for one deployment: a pure function of what is wanted, what runs, and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.deployments.driver import Phase, Problem, Replica
from modelyard.deployments.spec import Goal
from modelyard.lifecycle import DeploymentState

ATTEMPTS = 3
"""How often a replica that dies at its start is started before the rollout has failed."""

FIRST_DELAY = 0.2
LONGEST_DELAY = 30.0
"""How long to wait before a replica that ended is replaced, in seconds: doubling from the first to the longest."""

FORGET_AFTER = 300.0
"""How long a replica that ended counts as a reason to wait, in seconds."""

_ENDED = frozenset({Phase.FAILED, Phase.GONE})
_ROLLING = frozenset({DeploymentState.CREATING, DeploymentState.UPDATING})
_SERVING = frozenset({DeploymentState.ACTIVE, DeploymentState.NEEDS_ATTENTION})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Be what is wanted of a deployment, cut down to what a plan needs."""

    state: DeploymentState
    goal: Goal
    revision_id: str
    count: int
    serving_revision_id: str | None = None
    """The revision that serves until the wanted one is ready; None if none does."""

    serving_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Be a state to record; with a problem where it is not what was asked for."""

    state: DeploymentState
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Be what to do: replicas to start and to stop, those that get traffic, and what to record."""

    start: int = 0
    restore: int = 0
    """Replicas to start of the revision that serves meanwhile."""

    stop: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    outcome: Outcome | None = None
    settled: bool = False
    """Whether nothing is left to do until something changes."""


def plan(wanted: Wanted, replicas: Sequence[Replica], now: float) -> Plan:
    """Return what to do next for a deployment.

    Args:
        wanted: What is wanted of it.
        replicas: All of its replicas, of whatever revision.
        now: Seconds since the epoch.
    """
    if wanted.goal is Goal.RUN and wanted.state in _ROLLING:
        return _roll_out(wanted, replicas, now)
    if wanted.goal is Goal.RUN and wanted.state in _SERVING:
        return _keep_up(wanted, replicas, now)
    return _take_down(wanted, replicas)


def _roll_out(wanted: Wanted, replicas: Sequence[Replica], now: float) -> Plan:
    """Start the new revision beside the old one, which serves until the new one is ready or has failed."""
    new, old = _split(wanted, replicas)
    ready = _ids(new, Phase.READY)
    if len(ready) >= wanted.count:
        return Plan(route=ready[: wanted.count], outcome=Outcome(state=DeploymentState.ACTIVE))
    serving = [replica for replica in old if replica.revision_id == wanted.serving_revision_id]
    is_other = wanted.serving_revision_id not in {None, wanted.revision_id}
    restore = _missing(wanted.serving_count, serving, now) if is_other else 0
    route = _ids(serving, Phase.READY) or ready
    if problem := _reason_to_give_up(new):
        return Plan(route=route, outcome=Outcome(state=DeploymentState.FAILED, problem=problem))
    return Plan(route=route, start=_missing(wanted.count, new, now), restore=restore)


def _keep_up(wanted: Wanted, replicas: Sequence[Replica], now: float) -> Plan:
    """Keep the wanted number of replicas ready, and let all others end."""
    new, old = _split(wanted, replicas)
    ready = _ids(new, Phase.READY)
    ended = [replica for replica in new if replica.phase in _ENDED]
    forgotten = [replica.id for replica in ended if now - (replica.ended or 0.0) > FORGET_AFTER]
    start = _missing(wanted.count, new, now)
    stop = (*(replica.id for replica in old), *ready[wanted.count :], *forgotten)
    return Plan(
        start=start,
        stop=stop,
        route=ready[: wanted.count],
        outcome=_health(wanted, ready, ended),
        settled=not stop and len(ready) == wanted.count,
    )


def _take_down(wanted: Wanted, replicas: Sequence[Replica]) -> Plan:
    """Let every replica end, then record what the deployment has become."""
    final = {Goal.STOP: DeploymentState.INACTIVE, Goal.DELETE: DeploymentState.DELETED}.get(wanted.goal)
    is_done = not replicas
    is_news = is_done and final is not None and wanted.state is not final
    outcome = Outcome(state=final) if is_news and final is not None else None
    return Plan(stop=tuple(replica.id for replica in replicas), outcome=outcome, settled=is_done)


def _split(wanted: Wanted, replicas: Sequence[Replica]) -> tuple[list[Replica], list[Replica]]:
    new = [replica for replica in replicas if replica.revision_id == wanted.revision_id]
    old = [replica for replica in replicas if replica.revision_id != wanted.revision_id]
    return new, old


def _ids(replicas: Sequence[Replica], phase: Phase) -> tuple[str, ...]:
    return tuple(sorted(replica.id for replica in replicas if replica.phase is phase))


def _reason_to_give_up(new: Sequence[Replica]) -> Problem | None:
    failed = [replica for replica in new if replica.phase is Phase.FAILED]
    gone = [replica for replica in new if replica.phase is Phase.GONE]
    ended = failed or (gone if len(gone) >= ATTEMPTS else [])
    if not ended:
        return None
    last = max(ended, key=lambda replica: replica.ended or 0.0)
    return last.problem or Problem(code="ReplicaDied", message="The replica died at its start and left no message.")


def _missing(count: int, alike: Sequence[Replica], now: float) -> int:
    """Return how many replicas of a revision to start now: none while a recent end says to wait."""
    alive = sum(replica.phase in {Phase.STARTING, Phase.READY} for replica in alike)
    recent = [replica.ended or 0.0 for replica in alike if replica.phase in _ENDED]
    recent = [ended for ended in recent if now - ended <= FORGET_AFTER]
    if recent and now - max(recent) < min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (len(recent) - 1)):
        return 0
    return max(0, count - alive)


def _health(wanted: Wanted, ready: Sequence[str], ended: Sequence[Replica]) -> Outcome | None:
    if wanted.state is DeploymentState.NEEDS_ATTENTION and len(ready) >= wanted.count:
        return Outcome(state=DeploymentState.ACTIVE)
    if wanted.state is DeploymentState.ACTIVE and not ready and len(ended) >= ATTEMPTS:
        last = max(ended, key=lambda replica: replica.ended or 0.0)
        return Outcome(state=DeploymentState.NEEDS_ATTENTION, problem=last.problem)
    return None
