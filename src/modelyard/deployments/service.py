"""Deployments: the rules by which a request becomes a spec. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import lookup
from modelyard.catalog import store as catalog_store
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments import configuration, store, streams
from modelyard.deployments.rollouts import reusing, rollout
from modelyard.deployments.spec import Goal, Rollout, Spec
from modelyard.deployments.store import Deployment
from modelyard.errors import NotFound
from modelyard.lifecycle import DEPLOYMENT_MOVES, DeploymentState, next_state
from modelyard.logs.lookup import check_category_logs
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    ModelDeployment,
    ModelDeploymentConfigurationDetails,
    ModelDeploymentModelStateSummary,
    UpdateModelDeploymentConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateModelGroupDeploymentConfigurationDetails,
)
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress
from modelyard.workrequests import store as work_requests
from modelyard.workrequests.progress import Action

_WITHOUT_MODELS = frozenset({DeploymentState.INACTIVE, DeploymentState.DELETING, DeploymentState.DELETED})
"""The states in which no model is loaded, or is to be."""


class Deployments:
    """Keep what is wanted of deployments.

    Args:
        database: Where rows are.
        endpoint: Where clients find the gateway, such as ``http://127.0.0.1:8585``.
        clock: The time, with its zone.
        wake: Called after what is wanted has changed.
        find_runtime: Raises MethodNotImplemented where this machine runs no containers.
    """

    def __init__(
        self,
        database: Database,
        *,
        endpoint: str,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        find_runtime: Callable[[], object],
    ) -> None:
        self._database = database
        self._endpoint = endpoint
        self._clock = clock
        self._wake = wake
        self._find_runtime = find_runtime

    def create(
        self, details: CreateModelDeploymentDetails, *, caller: str, again: Repeatable
    ) -> tuple[Stored[ModelDeployment], str]:
        """Create a deployment; return it, CREATING, and the work request."""
        wanted = details.model_deployment_configuration_details
        self._check(wanted)
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier), work_requests.first_of(tx, earlier)
            lookup.related_project(tx, details.project_id)
            mode = details.deployment_mode or "HTTPS_ONLY"
            streams.check(tx, wanted, mode=mode)
            check_category_logs(tx, details.category_log_details)
            id = ids.mint(ids.MODEL_DEPLOYMENT)
            request = _accept(tx, "CREATE", "CREATED", id=id, compartment_id=details.compartment_id, now=now)
            noun = ModelDeployment(
                id=id,
                time_created=now,
                display_name=details.display_name or default_name("modeldeployment", now),
                project_id=details.project_id,
                compartment_id=details.compartment_id,
                created_by=caller,
                lifecycle_state=DeploymentState.CREATING,
                model_deployment_url=f"{self._endpoint}/{id}",
                description=details.description,
                model_deployment_configuration_details=wanted,
                category_log_details=details.category_log_details,
                deployment_mode=mode,
                model_deployment_system_data=configuration.system_data(wanted, 0),
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            target = rollout(tx, wanted, start=0)
            spec = Spec(goal=Goal.RUN, target=target, work_request_id=request, begun=now.timestamp())
            _warn(tx, request, wanted, now=now)
            again.remember(tx, id, now)
            stored = store.add(tx, Deployment(noun, spec))
        self._wake()
        return stored, request

    def get(self, id: str) -> Stored[ModelDeployment]:
        """Return a deployment, also a deleted one."""
        with self._database.read() as tx:
            return _get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[ModelDeployment]:
        """Return a page of deployments."""
        with self._database.read() as tx:
            return store.deployments.page(tx, query, filters)

    def update(self, id: str, details: UpdateModelDeploymentDetails, *, if_match: str | None) -> str:
        """Change what the details name; return the work request. What serves goes on until the new is ready."""
        change = details.model_deployment_configuration_details
        now = self._clock()
        with self._database.write() as tx:
            deployment = _find(tx, id)
            noun, spec = deployment.noun, deployment.spec
            state = next_state(DEPLOYMENT_MOVES, "update", noun.lifecycle_state, what=f"Deployment {id}")
            request = _accept(tx, "UPDATE", "UPDATED", id=id, compartment_id=noun.compartment_id, now=now)
            wanted = configuration.merge(spec.target.configuration, change)
            self._check(wanted, deployment_id=id)
            streams.check(tx, wanted, mode=noun.deployment_mode)
            check_category_logs(tx, details.category_log_details)
            # what failed before under the same configuration is no reason not to try it now
            target = rollout(tx, wanted, start=spec.generation + 1)
            if not _is_anew(change):
                target = reusing(target, spec.serving)
            target = _as_scaled(target, before=spec.target)
            _warn(tx, request, wanted, now=now)
            noun = msgspec.structs.replace(
                noun,
                lifecycle_state=state,
                lifecycle_details=None,
                model_deployment_configuration_details=wanted,
                **given(details, but=("model_deployment_configuration_details",)),
            )
            goal = spec.goal if state is DeploymentState.INACTIVE else Goal.RUN
            spec = _changed(spec, goal=goal, target=target, work_request_id=request, now=now)
            if state is DeploymentState.INACTIVE:
                progress.succeed(tx, request, "The deployment is changed; activate it to serve.", now=now)
            store.replace(tx, Deployment(noun, spec), if_match=if_match)
        self._wake()
        return request

    def activate(self, id: str, *, if_match: str | None) -> str:
        """Start what is stopped; return the work request."""
        return self._move(id, "activate", goal=Goal.RUN, action="UPDATED", if_match=if_match)

    def deactivate(self, id: str, *, if_match: str | None) -> str:
        """Stop what serves and keep the deployment; return the work request."""
        return self._move(id, "deactivate", goal=Goal.STOP, action="UPDATED", if_match=if_match)

    def delete(self, id: str, *, if_match: str | None) -> str:
        """Stop what serves and delete the deployment; return the work request."""
        return self._move(id, "delete", goal=Goal.DELETE, action="DELETED", if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a deployment into another compartment; what serves goes on. Return its etag."""
        now = self._clock()
        with self._database.write() as tx:
            stored = _get(tx, id)
            if again.earlier(tx, now):
                return stored.etag
            state = stored.noun.lifecycle_state
            next_state(DEPLOYMENT_MOVES, "change_compartment", state, what=f"Deployment {id}")
            moved = msgspec.structs.replace(stored.noun, compartment_id=compartment_id)
            again.remember(tx, id, now)
            return store.deployments.replace(tx, moved, if_match=if_match).etag

    def model_states(self, id: str) -> tuple[str, Sequence[ModelDeploymentModelStateSummary]]:
        """Return a deployment's compartment, and how each of its models that is loaded, or failed to be, stands."""
        with self._database.read() as tx:
            deployment = _find(tx, id)
            noun, spec = deployment.noun, deployment.spec
            if noun.lifecycle_state in _WITHOUT_MODELS:
                return noun.compartment_id, []
            states = store.read_model_states(tx, id)
            names = _names((spec.serving or spec.target).models) | _names(spec.target.models)
            return noun.compartment_id, [
                _state(tx, model_id, state, key=names.get(model_id, model_id)) for model_id, state in states.items()
            ]

    def _check(self, wanted: ModelDeploymentConfigurationDetails, *, deployment_id: str | None = None) -> None:
        configuration.check(wanted, deployment_id=deployment_id)
        if configuration.container(wanted) is not None:
            self._find_runtime()

    def _move(self, id: str, verb: str, *, goal: Goal, action: Action, if_match: str | None) -> str:
        now = self._clock()
        with self._database.write() as tx:
            deployment = _find(tx, id)
            noun, spec = deployment.noun, deployment.spec
            state = next_state(DEPLOYMENT_MOVES, verb, noun.lifecycle_state, what=f"Deployment {id}")
            if spec.work_request_id is not None:
                progress.cancel(tx, spec.work_request_id, f"The deployment was told to {verb}.", now=now)
            request = _accept(tx, verb.upper(), action, id=id, compartment_id=noun.compartment_id, now=now)
            target = spec.target
            if goal is Goal.RUN:
                target = rollout(tx, target.configuration, start=spec.generation + 1)
            noun = msgspec.structs.replace(noun, lifecycle_state=state, lifecycle_details=None)
            spec = _changed(spec, goal=goal, target=target, work_request_id=request, now=now)
            store.replace(tx, Deployment(noun, spec), if_match=if_match)
        self._wake()
        return request


def _changed(spec: Spec, *, goal: Goal, target: Rollout, work_request_id: str, now: datetime) -> Spec:
    return Spec(
        goal=goal,
        target=target,
        serving=spec.serving if goal is Goal.RUN else None,
        work_request_id=work_request_id,
        scaled=spec.scaled,
        begun=now.timestamp(),
        generation=spec.generation + 1,
    )


def _is_anew(change: UpdateModelDeploymentConfigurationDetails | None) -> bool:
    """Tell whether all replicas are to be others, also those of models that stay as they are."""
    return isinstance(change, UpdateModelGroupDeploymentConfigurationDetails) and change.update_type == "ZDT"


def _as_scaled(target: Rollout, *, before: Rollout) -> Rollout:
    """Return a rollout with the number of instances that autoscaling came to, unless that is to begin anew."""
    new, old = configuration.policy(target.configuration), configuration.policy(before.configuration)
    if new is None or old is None or new.initial != old.initial:
        return target
    return msgspec.structs.replace(target, count=max(new.minimum, min(before.count, new.maximum)))


def _warn(tx: sa.Connection, request: str, wanted: ModelDeploymentConfigurationDetails, *, now: datetime) -> None:
    for note in configuration.notes(wanted):
        progress.log(tx, request, note, percent=0.0, now=now)


def _names(models: Mapping[str, str]) -> dict[str, str]:
    """Return by which key each model is asked for: its inference key, or its OCID where it has none."""
    return {model_id: key for key, model_id in sorted(models.items(), key=lambda pair: pair[0] != pair[1])}


def _state(tx: sa.Connection, model_id: str, state: store.ModelState, *, key: str) -> ModelDeploymentModelStateSummary:
    model = lookup.get(tx, catalog_store.models, model_id, kind="model").noun
    return ModelDeploymentModelStateSummary(
        model_id=model_id,
        project_id=model.project_id,
        display_name=model.display_name,
        inference_key=key,
        state=state,
        freeform_tags=model.freeform_tags,
        defined_tags=model.defined_tags,
    )


def _accept(tx: sa.Connection, verb: str, action: Action, *, id: str, compartment_id: str, now: datetime) -> str:
    return progress.accept(
        tx,
        operation_type=f"MODEL_DEPLOYMENT_{verb}",
        compartment_id=compartment_id,
        entity_type="modelDeployment",
        identifier=id,
        action=action,
        now=now,
    )


def _get(tx: sa.Connection, id: str) -> Stored[ModelDeployment]:
    return lookup.get(tx, store.deployments, id, kind="model deployment")


def _find(tx: sa.Connection, id: str) -> Deployment:
    found = store.find(tx, id)
    if found is None:
        raise NotFound(f"There is no model deployment {id}.")
    return found
