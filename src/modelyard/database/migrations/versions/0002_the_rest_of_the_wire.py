"""The rest of the wire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    _create_version_sets()
    _create_metadata_artifacts()
    _create_model_groups()
    _create_object_storage()


def downgrade() -> None:
    """Take the change back."""
    _drop_object_storage()
    _drop_model_groups()
    _drop_metadata_artifacts()
    _drop_version_sets()


def _create_version_sets() -> None:
    op.create_table(
        "model_version_sets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("lifecycle_state", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version_sets")),
    )
    for sort in ("time_created", "name", "lifecycle_state"):
        op.create_index(f"ix_model_version_sets_{sort}", "model_version_sets", ["compartment_id", sort, "id"])
    op.create_table(
        "model_version_counts",
        sa.Column("model_version_set_id", sa.Text(), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_version_set_id"], ["model_version_sets.id"]),
        sa.PrimaryKeyConstraint("model_version_set_id", name=op.f("pk_model_version_counts")),
    )
    op.add_column("models", sa.Column("model_version_set_id", sa.Text(), nullable=True))
    op.create_index("ix_models_project", "models", ["project_id", "lifecycle_state"])
    op.create_index("ix_models_version", "models", ["model_version_set_id", "version_label"])
    for name in ("display_name", "model_version_set_name", "version_label"):
        op.create_index(f"ix_models_{name}_in_time", "models", ["compartment_id", name, "time_created", "id"])


def _drop_version_sets() -> None:
    for name in ("display_name", "model_version_set_name", "version_label"):
        op.drop_index(f"ix_models_{name}_in_time", "models")
    for name in ("ix_models_version", "ix_models_project"):
        op.drop_index(name, "models")
    op.drop_column("models", "model_version_set_id")
    op.drop_table("model_version_counts")
    op.drop_table("model_version_sets")


def _create_metadata_artifacts() -> None:
    op.create_table(
        "model_metadata_artifacts",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="custom or defined"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"]),
        sa.PrimaryKeyConstraint("model_id", "kind", "key", name=op.f("pk_model_metadata_artifacts")),
    )
    op.create_index(op.f("ix_model_metadata_artifacts_digest"), "model_metadata_artifacts", ["digest"])


def _drop_metadata_artifacts() -> None:
    op.drop_table("model_metadata_artifacts")


def _create_object_storage() -> None:
    op.create_table(
        "object_namespaces",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_object_namespaces")),
    )
    op.create_table(
        "buckets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buckets")),
        sa.UniqueConstraint("name", name=op.f("uq_buckets_name")),
    )
    op.create_index("ix_buckets_compartment_id_name", "buckets", ["compartment_id", "name"])
    _create_objects()
    _create_object_uploads()
    op.create_table(
        "preauthenticated_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bucket_id", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bucket_id"], ["buckets.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preauthenticated_requests")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_preauthenticated_requests_token_digest")),
    )
    op.create_index("ix_preauthenticated_requests_bucket_id_id", "preauthenticated_requests", ["bucket_id", "id"])
    op.create_table(
        "object_work_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=True),
        sa.Column("operation_type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("time_accepted", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_work_requests")),
    )
    op.create_index(
        "ix_object_work_requests_time_accepted", "object_work_requests", ["compartment_id", "time_accepted", "id"]
    )


def _create_objects() -> None:
    op.create_table(
        "objects",
        sa.Column("bucket_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("time_modified", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bucket_id"], ["buckets.id"]),
        sa.PrimaryKeyConstraint("bucket_id", "name", name=op.f("pk_objects")),
    )
    op.create_table(
        "object_segments",
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("content_id", "start", name=op.f("pk_object_segments")),
    )
    op.create_index(op.f("ix_object_segments_digest"), "object_segments", ["digest"])


def _create_object_uploads() -> None:
    op.create_table(
        "object_uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bucket_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bucket_id"], ["buckets.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_uploads")),
    )
    op.create_index("ix_object_uploads_bucket_id_id", "object_uploads", ["bucket_id", "id"])
    op.create_table(
        "object_upload_parts",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["object_uploads.id"]),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_object_upload_parts")),
    )
    op.create_index(op.f("ix_object_upload_parts_digest"), "object_upload_parts", ["digest"])


def _drop_object_storage() -> None:
    for name in (
        "object_work_requests",
        "preauthenticated_requests",
        "object_upload_parts",
        "object_uploads",
        "object_segments",
        "objects",
        "buckets",
        "object_namespaces",
    ):
        op.drop_table(name)


def _create_model_groups() -> None:
    tables = {
        "model_groups": ["created_by", "model_group_version_history_id", "version_label"],
        "model_group_version_histories": ["created_by"],
    }
    for table, more in tables.items():
        filters = ["compartment_id", "project_id", "display_name", "lifecycle_state", *more]
        op.create_table(
            table,
            sa.Column("id", sa.Text(), nullable=False),
            *(sa.Column(name, sa.Text(), nullable=True) for name in filters),
            sa.Column("time_created", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("record", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        for sort in ("time_created", "display_name", "lifecycle_state"):
            op.create_index(f"ix_{table}_{sort}", table, ["compartment_id", sort, "id"])
    op.create_index("ix_model_groups_version", "model_groups", ["model_group_version_history_id", "version_label"])
    op.create_table(
        "model_group_counts",
        sa.Column("model_group_version_history_id", sa.Text(), nullable=False),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_group_version_history_id"], ["model_group_version_histories.id"]),
        sa.PrimaryKeyConstraint("model_group_version_history_id", name=op.f("pk_model_group_counts")),
    )
    op.create_table(
        "model_group_artifacts",
        sa.Column("model_group_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_group_id"], ["model_groups.id"]),
        sa.PrimaryKeyConstraint("model_group_id", name=op.f("pk_model_group_artifacts")),
    )
    op.create_index(op.f("ix_model_group_artifacts_digest"), "model_group_artifacts", ["digest"])


def _drop_model_groups() -> None:
    for table in ("model_group_artifacts", "model_group_counts", "model_groups", "model_group_version_histories"):
        op.drop_table(table)
