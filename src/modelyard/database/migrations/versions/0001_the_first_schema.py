"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "model_deployments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("lifecycle_state", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_deployments")),
    )
    with op.batch_alter_table("model_deployments") as batch_op:
        batch_op.create_index(
            "ix_model_deployments_display_name", ["compartment_id", "display_name", "id"], unique=False
        )
        batch_op.create_index(
            "ix_model_deployments_time_created", ["compartment_id", "time_created", "id"], unique=False
        )

    op.create_table(
        "models",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("lifecycle_state", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("model_version_set_name", sa.Text(), nullable=True),
        sa.Column("version_label", sa.Text(), nullable=True),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    with op.batch_alter_table("models") as batch_op:
        batch_op.create_index("ix_models_display_name", ["compartment_id", "display_name", "id"], unique=False)
        batch_op.create_index("ix_models_lifecycle_state", ["compartment_id", "lifecycle_state", "id"], unique=False)
        batch_op.create_index("ix_models_time_created", ["compartment_id", "time_created", "id"], unique=False)

    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("lifecycle_state", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    with op.batch_alter_table("projects") as batch_op:
        batch_op.create_index("ix_projects_display_name", ["compartment_id", "display_name", "id"], unique=False)
        batch_op.create_index("ix_projects_time_created", ["compartment_id", "time_created", "id"], unique=False)

    op.create_table(
        "retry_tokens",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "token", name=op.f("pk_retry_tokens")),
    )
    with op.batch_alter_table("retry_tokens") as batch_op:
        batch_op.create_index(batch_op.f("ix_retry_tokens_time_created"), ["time_created"], unique=False)

    op.create_table(
        "work_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("operation_type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("time_accepted", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_requests")),
    )
    with op.batch_alter_table("work_requests") as batch_op:
        batch_op.create_index(
            "ix_work_requests_operation_type", ["compartment_id", "operation_type", "id"], unique=False
        )
        batch_op.create_index("ix_work_requests_status", ["compartment_id", "status", "id"], unique=False)
        batch_op.create_index("ix_work_requests_time_accepted", ["compartment_id", "time_accepted", "id"], unique=False)

    op.create_table(
        "model_artifacts",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["models.id"],
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_artifacts")),
    )
    with op.batch_alter_table("model_artifacts") as batch_op:
        batch_op.create_index(batch_op.f("ix_model_artifacts_digest"), ["digest"], unique=False)

    op.create_table(
        "model_deployment_specs",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("serving_model_id", sa.Text(), nullable=True, comment="what it falls back on"),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["model_deployments.id"],
        ),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_model_deployment_specs")),
    )
    with op.batch_alter_table("model_deployment_specs") as batch_op:
        batch_op.create_index(batch_op.f("ix_model_deployment_specs_model_id"), ["model_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_model_deployment_specs_serving_model_id"), ["serving_model_id"], unique=False
        )

    op.create_table(
        "model_provenances",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["models.id"],
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_provenances")),
    )
    op.create_table(
        "work_request_lines",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("work_request_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="of an error; null for a log entry"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_request_id"],
            ["work_requests.id"],
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_work_request_lines")),
    )
    with op.batch_alter_table("work_request_lines") as batch_op:
        batch_op.create_index(batch_op.f("ix_work_request_lines_work_request_id"), ["work_request_id"], unique=False)

    op.create_table(
        "work_request_resources",
        sa.Column("work_request_id", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_request_id"],
            ["work_requests.id"],
        ),
        sa.PrimaryKeyConstraint("work_request_id", "resource_id", name=op.f("pk_work_request_resources")),
    )
    with op.batch_alter_table("work_request_resources") as batch_op:
        batch_op.create_index(batch_op.f("ix_work_request_resources_resource_id"), ["resource_id"], unique=False)


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("work_request_resources") as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_request_resources_resource_id"))

    op.drop_table("work_request_resources")
    with op.batch_alter_table("work_request_lines") as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_request_lines_work_request_id"))

    op.drop_table("work_request_lines")
    op.drop_table("model_provenances")
    with op.batch_alter_table("model_deployment_specs") as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_deployment_specs_serving_model_id"))
        batch_op.drop_index(batch_op.f("ix_model_deployment_specs_model_id"))

    op.drop_table("model_deployment_specs")
    with op.batch_alter_table("model_artifacts") as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_artifacts_digest"))

    op.drop_table("model_artifacts")
    with op.batch_alter_table("work_requests") as batch_op:
        batch_op.drop_index("ix_work_requests_time_accepted")
        batch_op.drop_index("ix_work_requests_status")
        batch_op.drop_index("ix_work_requests_operation_type")

    op.drop_table("work_requests")
    with op.batch_alter_table("retry_tokens") as batch_op:
        batch_op.drop_index(batch_op.f("ix_retry_tokens_time_created"))

    op.drop_table("retry_tokens")
    with op.batch_alter_table("projects") as batch_op:
        batch_op.drop_index("ix_projects_time_created")
        batch_op.drop_index("ix_projects_display_name")

    op.drop_table("projects")
    with op.batch_alter_table("models") as batch_op:
        batch_op.drop_index("ix_models_time_created")
        batch_op.drop_index("ix_models_lifecycle_state")
        batch_op.drop_index("ix_models_display_name")

    op.drop_table("models")
    with op.batch_alter_table("model_deployments") as batch_op:
        batch_op.drop_index("ix_model_deployments_time_created")
        batch_op.drop_index("ix_model_deployments_display_name")

    op.drop_table("model_deployments")
