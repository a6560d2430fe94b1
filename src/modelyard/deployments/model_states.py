"""How each model of a deployment stands: loaded everywhere, on some instances, or not to be loaded."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.deployments.driver import Phase, Replica
from modelyard.deployments.spec import Revision, Rollout, Spec
from modelyard.deployments.store import ModelState


def model_states(spec: Spec, replicas: Sequence[Replica]) -> dict[str, ModelState]:
    """Return how the models that are wanted, and those that serve meanwhile, stand."""
    rollouts = [spec.target, *([spec.serving] if spec.serving else [])]
    models = dict.fromkeys(revision.model_id for rollout in rollouts for revision in rollout.revisions)
    return {model_id: _state(model_id, rollouts, replicas) for model_id in models}


def _state(model_id: str, rollouts: Sequence[Rollout], replicas: Sequence[Replica]) -> ModelState:
    wanted = {
        revision.id: (revision, rollout.count)
        for rollout in reversed(rollouts)
        for revision in rollout.revisions
        if revision.model_id == model_id
    }
    ready = [_count(revision, replicas, Phase.READY) for revision, _ in wanted.values()]
    if all(there >= count for there, (_, count) in zip(ready, wanted.values(), strict=True)):
        return "SUCCESS"
    ended = sum(
        _count(revision, replicas, phase) for revision, _ in wanted.values() for phase in (Phase.FAILED, Phase.GONE)
    )
    return "FAILED" if ended and not any(ready) else "INCONSISTENT"


def _count(revision: Revision, replicas: Sequence[Replica], phase: Phase) -> int:
    id = revision.id
    return sum(replica.revision_id == id and replica.phase is phase for replica in replicas)
