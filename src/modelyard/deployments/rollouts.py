"""From a configuration to what runs: the models it comes to, in the artifacts that they have now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from modelyard.catalog import group_store, lookup
from modelyard.catalog import store as catalog_store
from modelyard.deployments import configuration
from modelyard.deployments.spec import Revision, Rollout
from modelyard.errors import Conflict, LimitExceeded, RelatedResourceNotFound
from modelyard.lifecycle import MODEL_GROUP_MOVES, MODEL_MOVES, ModelGroupState, next_state
from modelyard.resources.deployment import (
    ModelDeploymentConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
)
from modelyard.resources.model_group import MemberModelDetails, ModelGroup, StackedModelGroupDetails

MOST_REPLICAS = 200
"""How many replicas a deployment may have: instances × models."""


@dataclass(frozen=True, kw_only=True)
class _Served:
    """Be what a model has to be served with."""

    model_id: str
    digest: str
    git_commit: str | None


def rollout(tx: sa.Connection, wanted: ModelDeploymentConfigurationDetails, *, start: int) -> Rollout:
    """Return what a configuration comes to, all of it beginning at a generation.

    Raises:
        RelatedResourceNotFound, Conflict: A model or the group is not there, not active, or has no artifact.
        LimitExceeded: It would be more replicas than a machine takes.
    """
    if not isinstance(wanted, ModelGroupDeploymentConfigurationDetails):
        model_id = wanted.model_configuration_details.model_id
        revision = _revision(_served(tx, model_id), wanted, start=start)
        return Rollout(revisions=(revision,), count=configuration.instance_count(wanted), configuration=wanted)
    group = _group(tx, wanted.model_group_configuration_details.model_group_id)
    members = group.member_model_entries.member_model_details or []
    count = configuration.instance_count(wanted)
    _check_size(wanted, count=count, members=len(members))
    score = group_store.find_artifact(tx, group.id)
    base = _base(tx, group)
    revisions = [
        _revision(
            _served(tx, member.model_id), wanted, start=start, score_digest=score.digest if score else None, base=base
        )
        for member in members
    ]
    return Rollout(
        revisions=tuple(revisions),
        count=count,
        configuration=wanted,
        models=_names(members),
        default_model_id=_default(members, base),
    )


def reusing(target: Rollout, serving: Rollout | None) -> Rollout:
    """Return a rollout in which what serves already, with nothing of it changed, goes on."""
    same = {_timeless(revision): revision for revision in (serving.revisions if serving else ())}
    revisions = tuple(same.get(_timeless(revision), revision) for revision in target.revisions)
    return msgspec.structs.replace(target, revisions=revisions)


def _timeless(revision: Revision) -> str:
    return msgspec.structs.replace(revision, start=0).id


def _revision(
    served: _Served,
    wanted: ModelDeploymentConfigurationDetails,
    *,
    start: int,
    score_digest: str | None = None,
    base: _Served | None = None,
) -> Revision:
    return Revision(
        model_id=served.model_id,
        artifact_digest=served.digest,
        workers=configuration.workers(wanted),
        environment_variables=configuration.environment_variables(wanted),
        git_commit=served.git_commit,
        start=start,
        score_digest=score_digest,
        base_model_id=base.model_id if base else None,
        base_digest=base.digest if base else None,
        container=configuration.container(wanted),
    )


def _served(tx: sa.Connection, model_id: str) -> _Served:
    model = lookup.related_model(tx, model_id)
    next_state(MODEL_MOVES, "deploy", model.lifecycle_state, what=f"Model {model_id}")
    artifact = catalog_store.find_artifact(tx, model_id)
    if artifact is None:
        raise Conflict(f"Model {model_id} has no artifact: upload it, then deploy the model.")
    provenance = catalog_store.find_provenance(tx, model_id)
    return _Served(
        model_id=model_id, digest=artifact.digest, git_commit=provenance[0].git_commit if provenance else None
    )


def _group(tx: sa.Connection, id: str) -> ModelGroup:
    found = group_store.groups.find(tx, id)
    if found is None or found.noun.lifecycle_state is ModelGroupState.DELETED:
        raise RelatedResourceNotFound(f"There is no model group {id}: list the model groups, or create one.")
    next_state(MODEL_GROUP_MOVES, "deploy", found.noun.lifecycle_state, what=f"Model group {id}")
    return found.noun


def _base(tx: sa.Connection, group: ModelGroup) -> _Served | None:
    details = group.model_group_details
    return _served(tx, details.base_model_id) if isinstance(details, StackedModelGroupDetails) else None


def _names(members: Sequence[MemberModelDetails]) -> dict[str, str]:
    """Return what a request may call each model: its OCID, or its inference key, which is not another's OCID."""
    keys = {member.inference_key: member.model_id for member in members if member.inference_key}
    return {**keys, **{member.model_id: member.model_id for member in members}}


def _default(members: Sequence[MemberModelDetails], base: _Served | None) -> str | None:
    models = [member.model_id for member in members]
    if base is not None and base.model_id in models:
        return base.model_id
    return models[0] if len(models) == 1 else None


def _check_size(wanted: ModelDeploymentConfigurationDetails, *, count: int, members: int) -> None:
    policy = configuration.policy(wanted)
    most = policy.maximum if policy is not None else count
    if most * members > MOST_REPLICAS:
        raise LimitExceeded(
            f"{most} instances of {members} models would be {most * members} replicas; one machine takes at most "
            f"{MOST_REPLICAS} for a deployment: use fewer instances, or a smaller group."
        )
