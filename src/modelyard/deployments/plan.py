"""What to do next for one deployment: a pure function of what is wanted, what runs, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    revision_ids: tuple[str, ...]
    """The revisions that are wanted: one for each model."""

    count: int
    """How many replicas of each."""

    serving_revision_ids: tuple[str, ...] = ()
    """The revisions that serve until all the wanted ones are ready; some may be the same."""

    serving_count: int = 0
    since: float = 0.0
    """When the wanted revisions were asked for, in seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Be a state to record; with a problem where it is not what was asked for."""

    state: DeploymentState
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Be what to do: replicas to start and to stop, those that get traffic, and what to record."""

    start: tuple[str, ...] = ()
    """Of which of the wanted revisions to start a replica, each as often as one is to be started."""

    restore: tuple[str, ...] = ()
    """The same of those that serve meanwhile."""

    stop: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    is_new_routed: bool = True
    """Whether those that get traffic are of the wanted revisions, not of those that serve meanwhile."""

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
    """Start the new revisions beside the old ones, which serve until all new ones are ready or one has failed."""
    new = [_of(id, replicas) for id in wanted.revision_ids]
    ready = [_ids(alike, Phase.READY) for alike in new]
    if all(len(ids) >= wanted.count for ids in ready):
        route = _sorted(ids[: wanted.count] for ids in ready)
        return Plan(route=route, outcome=Outcome(state=DeploymentState.ACTIVE))
    old = [_of(id, replicas) for id in wanted.serving_revision_ids]
    serving = _sorted(_ids(alike, Phase.READY) for alike in old)
    route = serving or _sorted(ready)
    if problem := _reason_to_give_up(new, since=wanted.since):
        outcome = Outcome(state=DeploymentState.FAILED, problem=problem)
        return Plan(route=route, is_new_routed=not serving, outcome=outcome)
    others = [id for id in wanted.serving_revision_ids if id not in wanted.revision_ids]
    return Plan(
        route=route,
        is_new_routed=not serving,
        start=_missing(wanted.revision_ids, wanted.count, replicas, now),
        restore=_missing(others, wanted.serving_count, replicas, now),
    )


def _keep_up(wanted: Wanted, replicas: Sequence[Replica], now: float) -> Plan:
    """Keep the wanted number of replicas of each revision ready, and let all others end."""
    new = [_of(id, replicas) for id in wanted.revision_ids]
    ready = [_ids(alike, Phase.READY) for alike in new]
    ended = [[replica for replica in alike if replica.phase in _ENDED] for alike in new]
    forgotten = [replica.id for alike in ended for replica in alike if now - (replica.ended or 0.0) > FORGET_AFTER]
    old = [replica.id for replica in replicas if replica.revision_id not in wanted.revision_ids]
    surplus = _sorted(ids[wanted.count :] for ids in ready)
    stop = (*old, *surplus, *forgotten)
    return Plan(
        start=_missing(wanted.revision_ids, wanted.count, replicas, now),
        stop=stop,
        route=_sorted(ids[: wanted.count] for ids in ready),
        outcome=_health(wanted, ready, ended),
        settled=not stop and all(len(ids) == wanted.count for ids in ready),
    )


def _take_down(wanted: Wanted, replicas: Sequence[Replica]) -> Plan:
    """Let every replica end, then record what the deployment has become."""
    final = {Goal.STOP: DeploymentState.INACTIVE, Goal.DELETE: DeploymentState.DELETED}.get(wanted.goal)
    is_done = not replicas
    is_news = is_done and final is not None and wanted.state is not final
    outcome = Outcome(state=final) if is_news and final is not None else None
    return Plan(stop=tuple(replica.id for replica in replicas), outcome=outcome, settled=is_done)


def _of(revision_id: str, replicas: Sequence[Replica]) -> list[Replica]:
    return [replica for replica in replicas if replica.revision_id == revision_id]


def _ids(replicas: Sequence[Replica], phase: Phase) -> tuple[str, ...]:
    return tuple(sorted(replica.id for replica in replicas if replica.phase is phase))


def _sorted(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(id for part in parts for id in part))


def _reason_to_give_up(new: Sequence[Sequence[Replica]], *, since: float) -> Problem | None:
    """Return why a rollout has failed; what ended before it began, of a revision that goes on, is no reason."""
    new = [[replica for replica in alike if (replica.ended or since) >= since] for alike in new]
    failed = [replica for alike in new for replica in alike if replica.phase is Phase.FAILED]
    gone = [[replica for replica in alike if replica.phase is Phase.GONE] for alike in new]
    ended = failed or [replica for alike in gone if len(alike) >= ATTEMPTS for replica in alike]
    if not ended:
        return None
    last = max(ended, key=lambda replica: replica.ended or 0.0)
    return last.problem or Problem(code="ReplicaDied", message="The replica died at its start and left no message.")


def _missing(revision_ids: Sequence[str], count: int, replicas: Sequence[Replica], now: float) -> tuple[str, ...]:
    """Return of which revisions to start replicas now; of none whose recent end says to wait."""
    return tuple(id for id in revision_ids for alike in [_of(id, replicas)] for _ in range(_lacking(count, alike, now)))


def _lacking(count: int, alike: Sequence[Replica], now: float) -> int:
    alive = sum(replica.phase in {Phase.STARTING, Phase.READY} for replica in alike)
    recent = [replica.ended or 0.0 for replica in alike if replica.phase in _ENDED]
    recent = [ended for ended in recent if now - ended <= FORGET_AFTER]
    if recent and now - max(recent) < min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (len(recent) - 1)):
        return 0
    return max(0, count - alive)


def _health(wanted: Wanted, ready: Sequence[Sequence[str]], ended: Sequence[Sequence[Replica]]) -> Outcome | None:
    if wanted.state is DeploymentState.NEEDS_ATTENTION and all(len(ids) >= wanted.count for ids in ready):
        return Outcome(state=DeploymentState.ACTIVE)
    if wanted.state is not DeploymentState.ACTIVE:
        return None
    for ids, dead in zip(ready, ended, strict=True):
        if not ids and len(dead) >= ATTEMPTS:
            last = max(dead, key=lambda replica: replica.ended or 0.0)
            return Outcome(state=DeploymentState.NEEDS_ATTENTION, problem=last.problem)
    return None
