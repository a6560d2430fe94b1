"""The deployments' tables: the noun that users see, and the spec that the reconciler reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, record_table
from modelyard.deployments.spec import Spec
from modelyard.lifecycle import DeploymentState
from modelyard.resources.deployment import ModelDeployment
from modelyard.wire.etags import Stored

ModelState = Literal["SUCCESS", "FAILED", "INCONSISTENT"]
"""How a model of a deployment stands: loaded on every instance, not to be loaded, or loaded on some."""

deployments = Records(
    record_table(
        "model_deployments",
        "compartment_id",
        "project_id",
        "display_name",
        "lifecycle_state",
        "created_by",
        sorts=("time_created", "display_name"),
    ),
    ModelDeployment,
)

specs = sa.Table(
    "model_deployment_specs",
    metadata,
    sa.Column("deployment_id", sa.Text, sa.ForeignKey("model_deployments.id"), primary_key=True),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Column("model_states", sa.LargeBinary, comment="how its models stood at the last look, by model id"),
)

uses = sa.Table(
    "model_deployment_uses",
    metadata,
    sa.Column("deployment_id", sa.Text, sa.ForeignKey("model_deployments.id"), primary_key=True),
    sa.Column("used_id", sa.Text, primary_key=True, index=True, comment="a model, or a group of models"),
)


@dataclass(frozen=True)
class Deployment:
    """Be a deployment: what users see of it, and what is wanted of it."""

    noun: ModelDeployment
    spec: Spec


def add(tx: sa.Connection, deployment: Deployment) -> Stored[ModelDeployment]:
    """Insert a deployment."""
    stored = deployments.add(tx, deployment.noun)
    id, spec = deployment.noun.id, deployment.spec
    tx.execute(specs.insert().values(deployment_id=id, record=msgspec.json.encode(spec)))
    _write_uses(tx, id, spec)
    return stored


def find(tx: sa.Connection, id: str) -> Deployment | None:
    """Return a deployment by its id."""
    found = deployments.find(tx, id)
    return Deployment(found.noun, _spec(tx, id)) if found else None


def replace(tx: sa.Connection, deployment: Deployment, *, if_match: str | None = None) -> Stored[ModelDeployment]:
    """Write a deployment over the one with its id."""
    stored = deployments.replace(tx, deployment.noun, if_match=if_match)
    replace_spec(tx, deployment.noun.id, deployment.spec)
    return stored


def replace_spec(tx: sa.Connection, id: str, spec: Spec) -> None:
    """Write what is wanted of a deployment, of which users see nothing."""
    tx.execute(specs.update().where(specs.c.deployment_id == id).values(record=msgspec.json.encode(spec)))
    _write_uses(tx, id, spec)


def write_model_states(tx: sa.Connection, id: str, states: Mapping[str, ModelState]) -> None:
    """Write how each model of a deployment stands."""
    tx.execute(specs.update().where(specs.c.deployment_id == id).values(model_states=msgspec.json.encode(states)))


def read_model_states(tx: sa.Connection, id: str) -> dict[str, ModelState]:
    """Return how each model of a deployment stood at the last look, by model id."""
    record = tx.execute(sa.select(specs.c.model_states).where(specs.c.deployment_id == id)).scalar()
    return msgspec.json.decode(record, type=dict[str, ModelState]) if record else {}


def living(tx: sa.Connection) -> list[Deployment]:
    """Return every deployment that is not deleted."""
    nouns = deployments.where(tx, deployments.table.c.lifecycle_state != str(DeploymentState.DELETED))
    return [Deployment(noun, _spec(tx, noun.id)) for noun in nouns]


def used_by(tx: sa.Connection, id: str) -> str | None:
    """Return a deployment that is not deleted and serves the model or group, or is in the project, with this id."""
    table = deployments.table.c
    is_used = sa.exists().where(uses.c.deployment_id == table.id, uses.c.used_id == id)
    query = (
        sa.select(table.id)
        .where(table.lifecycle_state != str(DeploymentState.DELETED), sa.or_(table.project_id == id, is_used))
        .limit(1)
    )
    return tx.execute(query).scalar()


def _spec(tx: sa.Connection, id: str) -> Spec:
    record = tx.execute(sa.select(specs.c.record).where(specs.c.deployment_id == id)).scalar_one()
    return msgspec.json.decode(record, type=Spec)


def _write_uses(tx: sa.Connection, id: str, spec: Spec) -> None:
    used = spec.target.used | (spec.serving.used if spec.serving else frozenset())
    tx.execute(uses.delete().where(uses.c.deployment_id == id))
    tx.execute(uses.insert(), [{"deployment_id": id, "used_id": each} for each in sorted(used)])
