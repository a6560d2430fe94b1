"""Deployments of several models: what each uses, and how its models stand."""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_specs = sa.table(
    "model_deployment_specs",
    sa.column("deployment_id", sa.Text),
    sa.column("model_id", sa.Text),
    sa.column("serving_model_id", sa.Text),
    sa.column("record", sa.LargeBinary),
)
_uses = sa.table("model_deployment_uses", sa.column("deployment_id", sa.Text), sa.column("used_id", sa.Text))


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "model_deployment_uses",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("used_id", sa.Text(), nullable=False, comment="a model, or a group of models"),
        sa.ForeignKeyConstraint(["deployment_id"], ["model_deployments.id"]),
        sa.PrimaryKeyConstraint("deployment_id", "used_id", name=op.f("pk_model_deployment_uses")),
    )
    op.create_index(op.f("ix_model_deployment_uses_used_id"), "model_deployment_uses", ["used_id"])
    bind = op.get_bind()
    for id, model_id, serving_id in bind.execute(
        sa.select(_specs.c.deployment_id, _specs.c.model_id, _specs.c.serving_model_id)
    ).all():
        for used_id in {model_id, serving_id} - {None}:
            bind.execute(_uses.insert().values(deployment_id=id, used_id=used_id))
    _rewrite(_to_several)
    op.drop_index(op.f("ix_model_deployment_specs_model_id"), "model_deployment_specs")
    op.drop_index(op.f("ix_model_deployment_specs_serving_model_id"), "model_deployment_specs")
    op.drop_column("model_deployment_specs", "model_id")
    op.drop_column("model_deployment_specs", "serving_model_id")
    op.add_column(
        "model_deployment_specs",
        sa.Column(
            "model_states",
            sa.LargeBinary(),
            nullable=True,
            comment="how its models stood at the last look, by model id",
        ),
    )


def downgrade() -> None:
    """Take the change back; a deployment of several models keeps its first."""
    op.drop_column("model_deployment_specs", "model_states")
    op.add_column("model_deployment_specs", sa.Column("serving_model_id", sa.Text(), nullable=True))
    op.add_column("model_deployment_specs", sa.Column("model_id", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_model_deployment_specs_serving_model_id"), "model_deployment_specs", ["serving_model_id"])
    op.create_index(op.f("ix_model_deployment_specs_model_id"), "model_deployment_specs", ["model_id"])
    _rewrite(_to_one)
    bind = op.get_bind()
    for id, record in bind.execute(sa.select(_specs.c.deployment_id, _specs.c.record)).all():
        spec = json.loads(record)
        serving = spec["serving"]["revision"]["model_id"] if spec.get("serving") else None
        values = {"model_id": spec["target"]["revision"]["model_id"], "serving_model_id": serving}
        bind.execute(_specs.update().where(_specs.c.deployment_id == id).values(**values))
    op.drop_index(op.f("ix_model_deployment_uses_used_id"), "model_deployment_uses")
    op.drop_table("model_deployment_uses")


def _rewrite(change: Callable[[dict[str, object]], None]) -> None:
    bind = op.get_bind()
    for id, record in bind.execute(sa.select(_specs.c.deployment_id, _specs.c.record)).all():
        spec = json.loads(record)
        for rollout in (spec["target"], spec.get("serving")):
            if rollout is not None:
                change(rollout)
        bind.execute(_specs.update().where(_specs.c.deployment_id == id).values(record=json.dumps(spec).encode()))


def _to_several(rollout: dict[str, object]) -> None:
    rollout["revisions"] = [rollout.pop("revision")]


def _to_one(rollout: dict[str, object]) -> None:
    rollout["revision"] = rollout.pop("revisions")[0]  # type: ignore[index]
