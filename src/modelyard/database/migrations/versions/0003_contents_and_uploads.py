"""Contents of several blobs, for artifacts as for objects; uploads in segments, and transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    _create_contents()
    op.execute(
        "INSERT INTO content_segments (content_id, start, size, digest) "
        "SELECT content_id, start, size, digest FROM object_segments"
    )
    op.execute(
        "INSERT INTO content_segments (content_id, start, size, digest) "
        "SELECT model_id, 0, size, digest FROM model_artifacts"
    )
    op.drop_table("object_segments")
    _create_uploads()
    _create_transfers()
    _create_pinned_objects()


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("pinned_objects")
    op.drop_table("artifact_transfers")
    op.drop_table("artifact_upload_segments")
    op.drop_table("artifact_uploads")
    op.create_table(
        "object_segments",
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("content_id", "start", name=op.f("pk_object_segments")),
    )
    op.create_index(op.f("ix_object_segments_digest"), "object_segments", ["digest"])
    op.execute(
        "INSERT INTO object_segments (content_id, start, size, digest) "
        "SELECT content_id, start, size, digest FROM content_segments "
        "WHERE content_id IN (SELECT content_id FROM objects)"
    )
    op.drop_table("content_segments")


def _create_contents() -> None:
    op.create_table(
        "content_segments",
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("content_id", "start", name=op.f("pk_content_segments")),
    )
    op.create_index(op.f("ix_content_segments_digest"), "content_segments", ["digest"])


def _create_uploads() -> None:
    op.create_table(
        "artifact_uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact_uploads")),
    )
    op.create_index(op.f("ix_artifact_uploads_model_id"), "artifact_uploads", ["model_id"])
    op.create_table(
        "artifact_upload_segments",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["artifact_uploads.id"]),
        sa.PrimaryKeyConstraint("upload_id", "start", name=op.f("pk_artifact_upload_segments")),
    )
    op.create_index("ix_artifact_upload_segments_digest", "artifact_upload_segments", ["upload_id", "digest"])


def _create_transfers() -> None:
    op.create_table(
        "artifact_transfers",
        sa.Column("work_request_id", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False, comment="export into the catalog, or import from it"),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("time_accepted", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"]),
        sa.PrimaryKeyConstraint("work_request_id", name=op.f("pk_artifact_transfers")),
    )


def _create_pinned_objects() -> None:
    op.create_table(
        "pinned_objects",
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="in the folder of the artifact"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"]),
        sa.PrimaryKeyConstraint("model_id", "position", name=op.f("pk_pinned_objects")),
    )
