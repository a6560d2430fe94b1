"""The deployments' tables: the noun that users see, and the spec that the reconciler reads."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, record_table
from modelyard.deployments.spec import Spec
from modelyard.lifecycle import DeploymentState
from modelyard.resources.deployment import ModelDeployment
from modelyard.wire.etags import Stored

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
    sa.Column("model_id", sa.Text, nullable=False, index=True),
    sa.Column("serving_model_id", sa.Text, index=True, comment="what it falls back on"),
    sa.Column("record", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class Deployment:
    """Be a deployment: what users see of it, and what is wanted of it."""

    noun: ModelDeployment
    spec: Spec


def add(tx: sa.Connection, deployment: Deployment) -> Stored[ModelDeployment]:
    """Insert a deployment."""
    stored = deployments.add(tx, deployment.noun)
    tx.execute(specs.insert().values(deployment_id=deployment.noun.id, **_row(deployment.spec)))
    return stored


def find(tx: sa.Connection, id: str) -> Deployment | None:
    """Return a deployment by its id."""
    found = deployments.find(tx, id)
    return Deployment(found.noun, _spec(tx, id)) if found else None


def replace(tx: sa.Connection, deployment: Deployment, *, if_match: str | None = None) -> Stored[ModelDeployment]:
    """Write a deployment over the one with its id."""
    stored = deployments.replace(tx, deployment.noun, if_match=if_match)
    tx.execute(specs.update().where(specs.c.deployment_id == deployment.noun.id).values(**_row(deployment.spec)))
    return stored


def living(tx: sa.Connection) -> list[Deployment]:
    """Return every deployment that is not deleted."""
    nouns = deployments.where(tx, deployments.table.c.lifecycle_state != str(DeploymentState.DELETED))
    return [Deployment(noun, _spec(tx, noun.id)) for noun in nouns]


def used_by(tx: sa.Connection, id: str) -> str | None:
    """Return a deployment that is not deleted and serves the model, or is in the project, with this id."""
    table = deployments.table.c
    query = (
        sa.select(table.id)
        .join(specs, specs.c.deployment_id == table.id)
        .where(
            table.lifecycle_state != str(DeploymentState.DELETED),
            sa.or_(specs.c.model_id == id, specs.c.serving_model_id == id, table.project_id == id),
        )
        .limit(1)
    )
    return tx.execute(query).scalar()


def _spec(tx: sa.Connection, id: str) -> Spec:
    record = tx.execute(sa.select(specs.c.record).where(specs.c.deployment_id == id)).scalar_one()
    return msgspec.json.decode(record, type=Spec)


def _row(spec: Spec) -> dict[str, object]:
    return {
        "model_id": spec.target.revision.model_id,
        "serving_model_id": spec.serving.revision.model_id if spec.serving else None,
        "record": msgspec.json.encode(spec),
    }
