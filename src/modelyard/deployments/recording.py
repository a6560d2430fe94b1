"""Write down what has become of a deployment: its state, its work request, what it falls back on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard.deployments import configuration, store
from modelyard.deployments.driver import Problem
from modelyard.deployments.plan import Outcome
from modelyard.deployments.spec import Spec
from modelyard.deployments.store import Deployment
from modelyard.errors import InternalServerError
from modelyard.lifecycle import DEPLOYMENT_OUTCOMES, DeploymentState
from modelyard.workrequests import progress

_SUMMARY = 400
_DONE = {
    DeploymentState.ACTIVE: "The deployment is active.",
    DeploymentState.INACTIVE: "The deployment is stopped.",
    DeploymentState.DELETED: "The deployment is deleted.",
}


def record(tx: sa.Connection, deployment: Deployment, outcome: Outcome, *, now: datetime) -> None:
    """Record an outcome of the plan."""
    noun, spec = deployment.noun, deployment.spec
    is_update_that_failed = outcome.state is DeploymentState.FAILED and spec.serving is not None
    state = DeploymentState.ACTIVE if is_update_that_failed else outcome.state
    if state not in DEPLOYMENT_OUTCOMES[noun.lifecycle_state]:
        raise InternalServerError(f"Deployment {noun.id} cannot go from {noun.lifecycle_state} to {state}.")
    if is_update_that_failed:
        assert spec.serving is not None
        spec = msgspec.structs.replace(spec, target=spec.serving)
    elif state is DeploymentState.ACTIVE:
        spec = msgspec.structs.replace(spec, serving=spec.target)
    _end_work_request(tx, spec, outcome, now=now)
    noun = msgspec.structs.replace(
        noun,
        lifecycle_state=state,
        lifecycle_details=_details(outcome, is_update=is_update_that_failed),
        model_deployment_configuration_details=spec.target.configuration,
        model_deployment_system_data=configuration.system_data(
            spec.target.configuration, spec.target.count if state is DeploymentState.ACTIVE else 0
        ),
    )
    spec = msgspec.structs.replace(spec, work_request_id=None, generation=spec.generation + 1)
    store.replace(tx, Deployment(noun, spec))


def record_scale(tx: sa.Connection, deployment: Deployment, count: int, *, now: datetime) -> Deployment:
    """Record how many instances autoscaling wants, and that the rest after it begins; return it so."""
    spec = deployment.spec
    spec = msgspec.structs.replace(
        spec,
        target=msgspec.structs.replace(spec.target, count=count),
        serving=msgspec.structs.replace(spec.serving, count=count) if spec.serving else None,
        scaled=now.timestamp(),
    )
    store.replace_spec(tx, deployment.noun.id, spec)
    return Deployment(deployment.noun, spec)


def record_scaled(tx: sa.Connection, deployment: Deployment, *, now: datetime) -> None:
    """Record that there are as many instances as autoscaling wanted: the rest after it counts from here."""
    data = configuration.system_data(deployment.spec.target.configuration, deployment.spec.target.count)
    noun = msgspec.structs.replace(deployment.noun, model_deployment_system_data=data)
    spec = msgspec.structs.replace(deployment.spec, scaled=now.timestamp())
    store.replace(tx, Deployment(noun, spec))


def tell(tx: sa.Connection, work_request_id: str, lines: Sequence[str], *, percent: float, now: datetime) -> None:
    """Write lines into a work request's log."""
    for line in lines:
        progress.log(tx, work_request_id, line, percent=percent, now=now)


def _end_work_request(tx: sa.Connection, spec: Spec, outcome: Outcome, *, now: datetime) -> None:
    if spec.work_request_id is None:
        return
    if outcome.problem is not None:
        progress.fail(tx, spec.work_request_id, code=outcome.problem.code, message=outcome.problem.message, now=now)
    else:
        progress.succeed(tx, spec.work_request_id, _DONE[outcome.state], now=now)


def _details(outcome: Outcome, *, is_update: bool) -> str | None:
    if outcome.problem is None:
        return None
    prefix = "The update failed and the version before it goes on serving: " if is_update else ""
    return prefix + _summary(outcome.problem)


def _summary(problem: Problem) -> str:
    """Return the line that says it: of a traceback the last."""
    lines = [line.strip() for line in problem.message.strip().splitlines() if line.strip()]
    return (lines[-1] if lines else problem.code)[:_SUMMARY]
