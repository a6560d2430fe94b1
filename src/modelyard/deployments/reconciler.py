"""The loop: observe → plan → act → record, forever. After a crash it begins again from what runs."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard.database.engine import Database
from modelyard.deployments import recording, store
from modelyard.deployments.driver import Driver, Phase, Replica, ReplicaRequest
from modelyard.deployments.plan import Plan, Wanted, plan
from modelyard.deployments.routing import RouteTable
from modelyard.deployments.spec import Rollout
from modelyard.deployments.store import Deployment

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
        if step.plan.outcome is not None:
            self._record(step)
        spec = step.deployment.spec
        for _ in range(step.plan.start):
            self._start(step.deployment, spec.target)
        for _ in range(step.plan.restore):
            assert spec.serving is not None
            self._start(step.deployment, spec.serving)
        for replica_id in step.plan.stop:
            self._driver.stop(replica_id)

    def _start(self, deployment: Deployment, rollout: Rollout) -> None:
        request = ReplicaRequest(
            id=secrets.token_hex(5),
            deployment_id=deployment.noun.id,
            revision=rollout.revision,
        )
        log.info("start replica=%s deployment=%s model=%s", request.id, deployment.noun.id, request.revision.model_id)
        self._driver.start(request)

    def _write_routes(self, steps: list[_Step]) -> None:
        self._routes.write(
            {
                step.deployment.noun.id: (
                    step.deployment.noun.lifecycle_state,
                    [replica for replica in step.replicas if replica.id in step.plan.route],
                )
                for step in steps
            }
        )

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
        revision_id=spec.target.revision.id,
        count=spec.target.count,
        serving_revision_id=spec.serving.revision.id if spec.serving else None,
        serving_count=spec.serving.count if spec.serving else 0,
    )


def _digests(deployment: Deployment) -> list[str]:
    rollouts = (deployment.spec.target, deployment.spec.serving)
    return [rollout.revision.artifact_digest for rollout in rollouts if rollout is not None]


def _new(step: _Step) -> list[Replica]:
    revision_id = step.deployment.spec.target.revision.id
    return [replica for replica in step.replicas if replica.revision_id == revision_id]


def _percent(step: _Step) -> float:
    ready = sum(replica.phase is Phase.READY for replica in _new(step))
    return min(90.0, 10.0 + 80.0 * ready / step.deployment.spec.target.count)


def _progress(step: _Step) -> list[str]:
    if step.plan.start:
        rollout = step.deployment.spec.target
        size = f"{rollout.count} instance(s) with {rollout.revision.workers} worker(s) each"
        return [f"Starting {size} of artifact {rollout.revision.artifact_digest[:19]}."]
    new = _new(step)
    lines = [note for replica in new for note in replica.notes]
    ready = sum(replica.phase is Phase.READY for replica in new)
    if ready:
        lines.append(f"{ready} of {step.deployment.spec.target.count} instance(s) have loaded the model and answered.")
    leaving = sum(replica.phase is Phase.DRAINING for replica in step.replicas)
    if leaving and not new:
        lines.append(f"{leaving} instance(s) finish the requests that they hold.")
    return lines
