"""The loop: observe → plan → act → record, forever. After a crash it begins again from what runs."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.deployments import recording, store, streams
from modelyard.deployments.autoscaler import Autoscaler
from modelyard.deployments.driver import Driver, Phase, Replica, ReplicaRequest
from modelyard.deployments.model_states import model_states
from modelyard.deployments.plan import Plan, Wanted, plan
from modelyard.deployments.routing import RouteTable, Target
from modelyard.deployments.spec import Goal, Revision, Rollout
from modelyard.deployments.store import Deployment, ModelState
from modelyard.lifecycle import DeploymentState

log = logging.getLogger(__name__)

BUSY = 0.02
"""How long to wait before the next look while something is under way, in seconds."""

QUIET = 0.5
"""The same while nothing is."""


@dataclass(frozen=True)
class _Step:
    deployment: Deployment
    replicas: list[Replica]
    plan: Plan


class Reconciler:
    """Make what runs out of what is wanted.

    Args:
        database: Where what is wanted stands.
        driver: Where replicas run.
        routes: What the gateway is told.
        clock: The time, with its zone.
        news: Set by whoever changes what is wanted, so that the loop looks at once.
        tidy: Told the digests of the artifacts that are wanted, whenever that has changed and nothing is under way.
    """

    def __init__(
        self,
        database: Database,
        driver: Driver,
        routes: RouteTable,
        *,
        clock: Callable[[], datetime],
        news: threading.Event,
        tidy: Callable[[set[str]], None],
    ) -> None:
        self._database = database
        self._driver = driver
        self._routes = routes
        self._clock = clock
        self._news = news
        self._stopped = threading.Event()
        self._tidy = tidy
        self._is_tidy = False
        self._told: dict[str, set[str]] = defaultdict(set)
        self._autoscaler = Autoscaler(driver)
        self._model_states: dict[str, dict[str, ModelState]] = {}

    def stop(self) -> None:
        """Let ``run`` return after the look that it is at."""
        self._stopped.set()
        self._news.set()

    def run(self) -> None:
        """Reconcile until ``stop``; whatever goes wrong in one look is tried again in the next."""
        while not self._stopped.is_set():
            self._news.clear()
            try:
                settled = self.step()
            except Exception:
                log.exception("a look at the deployments failed; it is tried again")
                settled = True
            self._news.wait(QUIET if settled else BUSY)

    def step(self) -> bool:
        """Take one look at every deployment and do what there is to do; return whether the next look can wait."""
        with self._database.read() as tx:
            deployments = store.living(tx)
        replicas: dict[str, list[Replica]] = defaultdict(list)
        for replica in self._driver.list():
            replicas[replica.deployment_id].append(replica)
        now = self._clock().timestamp()
        deployments = self._scale(deployments, replicas, now)
        steps = [
            _Step(deployment, found, plan(_wanted(deployment), found, now))
            for deployment in deployments
            for found in [replicas.pop(deployment.noun.id, [])]
        ]
        self._write_routes(steps)
        went_well = [self._try(step) for step in steps]
        for strays in replicas.values():  # of deployments that are deleted, or of another database
            for stray in strays:
                self._driver.stop(stray.id)
        if not all(went_well):
            return True  # what is wrong, a full disk say, will hardly be right at once
        settled = all(step.plan.settled for step in steps) and not replicas
        if settled and not self._is_tidy:
            self._tidy({digest for step in steps for digest in _digests(step.deployment)})
            self._is_tidy = True
        return settled

    def _scale(
        self, deployments: list[Deployment], replicas: Mapping[str, Sequence[Replica]], now: float
    ) -> list[Deployment]:
        """Let deployments want the number of instances that their load asks for; return them so."""
        counts = self._autoscaler.wanted(deployments, replicas, now)
        return [
            self._with_count(deployment, counts[deployment.noun.id]) if deployment.noun.id in counts else deployment
            for deployment in deployments
        ]

    def _with_count(self, deployment: Deployment, count: int) -> Deployment:
        with self._database.write() as tx:
            current = store.find(tx, deployment.noun.id)
            if current is None or current.spec.generation != deployment.spec.generation:
                return deployment  # something else is wanted by now: the next look sees it
            log.info("scale deployment=%s from=%d to=%d", current.noun.id, current.spec.target.count, count)
            return recording.record_scale(tx, current, count, now=self._clock())

    def _try(self, step: _Step) -> bool:
        """Act; return whether it went well. One deployment in trouble does not hold up the others."""
        try:
            self._act(step)
        except Exception:
            log.exception("a look at deployment=%s failed; it is tried again", step.deployment.noun.id)
            return False
        return True

    def _act(self, step: _Step) -> None:
        self._tell(step)
        self._write_model_states(step)
        if step.plan.outcome is not None:
            self._record(step)
        elif step.plan.settled and _is_scaled(step.deployment):
            self._record_scaled(step.deployment)
        spec = step.deployment.spec
        for revision_id in step.plan.start:
            self._start(step.deployment, spec.target.revision(revision_id))
        for revision_id in step.plan.restore:
            assert spec.serving is not None
            self._start(step.deployment, spec.serving.revision(revision_id))
        for replica_id in step.plan.stop:
            self._driver.stop(replica_id)

    def _start(self, deployment: Deployment, revision: Revision) -> None:
        request = ReplicaRequest(id=ids.unguessable(10), deployment_id=deployment.noun.id, revision=revision)
        log.info("start replica=%s deployment=%s model=%s", request.id, deployment.noun.id, request.revision.model_id)
        self._driver.start(request)

    def _write_routes(self, steps: list[_Step]) -> None:
        self._routes.write({step.deployment.noun.id: _target(step) for step in steps})

    def _record(self, step: _Step) -> None:
        assert step.plan.outcome is not None
        log.info(
            "outcome deployment=%s state=%s problem=%s",
            step.deployment.noun.id,
            step.plan.outcome.state,
            step.plan.outcome.problem.code if step.plan.outcome.problem else None,
        )
        with self._database.write() as tx:
            current = store.find(tx, step.deployment.noun.id)
            if current is None or current.spec.generation != step.deployment.spec.generation:
                return  # something else is wanted by now: the next look sees it
            recording.record(tx, current, step.plan.outcome, now=self._clock())
        self._told.pop(step.deployment.spec.work_request_id or "", None)
        self._is_tidy = False
        self._news.set()

    def _record_scaled(self, deployment: Deployment) -> None:
        with self._database.write() as tx:
            current = store.find(tx, deployment.noun.id)
            if current is not None and current.spec.generation == deployment.spec.generation:
                recording.record_scaled(tx, current, now=self._clock())

    def _write_model_states(self, step: _Step) -> None:
        """Write down how the models stand, where that is news; a deployment that failed stays as it was found."""
        id, state = step.deployment.noun.id, step.deployment.noun.lifecycle_state
        if state is DeploymentState.FAILED:
            return
        states = model_states(step.deployment.spec, step.replicas)
        if self._model_states.get(id) != states:
            with self._database.write() as tx:
                store.write_model_states(tx, id, states)
            self._model_states[id] = states

    def _tell(self, step: _Step) -> None:
        """Write into the work request's log what has happened since the last look."""
        request = step.deployment.spec.work_request_id
        if request is None:
            return
        lines = [line for line in _progress(step) if line not in self._told[request]]
        if not lines:
            return
        self._told[request].update(lines)
        with self._database.write() as tx:
            recording.tell(tx, request, lines, percent=_percent(step), now=self._clock())


def _wanted(deployment: Deployment) -> Wanted:
    spec = deployment.spec
    return Wanted(
        state=deployment.noun.lifecycle_state,
        goal=spec.goal,
        revision_ids=_ids(spec.target),
        count=spec.target.count,
        serving_revision_ids=_ids(spec.serving) if spec.serving else (),
        serving_count=spec.serving.count if spec.serving else 0,
        since=spec.begun,
    )


def _ids(rollout: Rollout) -> tuple[str, ...]:
    return tuple(revision.id for revision in rollout.revisions)


def _target(step: _Step) -> Target:
    """Return where the traffic goes: to the models of those replicas that get it, by the names that these have."""
    spec = step.deployment.spec
    rollout = spec.target if step.plan.is_new_routed or spec.serving is None else spec.serving
    return Target(
        state=step.deployment.noun.lifecycle_state,
        replicas=[replica for replica in step.replicas if replica.id in step.plan.route],
        models=rollout.models,
        default_model_id=rollout.default_model_id,
        access_log_id=_access_log_id(step.deployment),
        streams=streams.route_of(rollout.configuration),
    )


def _access_log_id(deployment: Deployment) -> str | None:
    logs = deployment.noun.category_log_details
    return logs.access.log_id if logs and logs.access else None


def _is_scaled(deployment: Deployment) -> bool:
    """Tell whether a deployment serves with another number of instances than users see."""
    data = deployment.noun.model_deployment_system_data
    is_active = deployment.noun.lifecycle_state is DeploymentState.ACTIVE
    return is_active and (data is None or data.current_instance_count != deployment.spec.target.count)


def _digests(deployment: Deployment) -> list[str]:
    rollouts = [each for each in (deployment.spec.target, deployment.spec.serving) if each is not None]
    return [digest for rollout in rollouts for revision in rollout.revisions for digest in revision.digests]


def _new(step: _Step) -> list[Replica]:
    revision_ids = _ids(step.deployment.spec.target)
    return [replica for replica in step.replicas if replica.revision_id in revision_ids]


def _percent(step: _Step) -> float:
    done = sum(replica.phase is Phase.READY for replica in _new(step))
    if step.deployment.spec.goal is not Goal.RUN:
        done = max(_replicas(step) - len(step.replicas), 0)
    return min(90.0, 10.0 + 80.0 * done / _replicas(step))


def _replicas(step: _Step) -> int:
    rollout = step.deployment.spec.target
    return rollout.count * len(rollout.revisions)


def _progress(step: _Step) -> list[str]:
    if step.plan.start:
        return [_beginning(step.deployment.spec.target)]
    leaving = sum(replica.phase is Phase.DRAINING for replica in step.replicas)
    if step.deployment.spec.goal is not Goal.RUN:
        return [f"{leaving} instance(s) finish the requests that they hold."] if leaving else []
    new = _new(step)
    lines = [note for replica in new for note in replica.notes]
    ready = sum(replica.phase is Phase.READY for replica in new)
    if ready and step.deployment.spec.target.models:
        lines.append(f"{ready} of {_replicas(step)} replica(s) have loaded their model and answered.")
    elif ready:
        lines.append(f"{ready} of {step.deployment.spec.target.count} instance(s) have loaded the model and answered.")
    return lines


def _beginning(rollout: Rollout) -> str:
    workers = rollout.revisions[0].workers
    if rollout.models:
        models = f"{len(rollout.revisions)} model(s), {workers} worker(s) for each"
        return f"Starting {rollout.count} instance(s) of model group {rollout.group_id} with {models}."
    digest = rollout.revisions[0].artifact_digest[:19]
    return f"Starting {rollout.count} instance(s) with {workers} worker(s) each of artifact {digest}."
