"""Namespaces beside the own one: a bucket's name is taken in its namespace alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PUBLISHED = "SELECT id FROM buckets WHERE namespace IN ('id19sfcrra6z', 'ociodscdev')"


def upgrade() -> None:
    """Apply the change."""
    _set_aside()
    op.create_table(
        "buckets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("compartment_id", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buckets")),
        sa.UniqueConstraint("namespace", "name", name=op.f("uq_buckets_namespace_name")),
    )
    op.create_index("ix_buckets_namespace_compartment_id_name", "buckets", ["namespace", "compartment_id", "name"])
    op.execute(
        "INSERT INTO buckets (id, namespace, name, compartment_id, record) "
        "SELECT id, json_extract(CAST(record AS TEXT), '$.namespace'), name, compartment_id, record FROM buckets_before"
    )
    op.drop_table("buckets_before")


def downgrade() -> None:
    """Take the change back; what the service publishes in namespaces of its own is made anew at a start."""
    objects = f"SELECT content_id FROM objects WHERE bucket_id IN ({_PUBLISHED})"  # noqa: S608
    op.execute(f"DELETE FROM content_segments WHERE content_id IN ({objects})")  # noqa: S608
    op.execute(f"DELETE FROM objects WHERE bucket_id IN ({_PUBLISHED})")  # noqa: S608
    op.execute(f"DELETE FROM buckets WHERE id IN ({_PUBLISHED})")  # noqa: S608
    _set_aside()
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
    op.execute(
        "INSERT INTO buckets (id, name, compartment_id, record) "
        "SELECT id, name, compartment_id, record FROM buckets_before"
    )
    op.drop_table("buckets_before")


def _set_aside() -> None:
    """Copy the buckets and drop their table; objects that name them are looked at again when all is done."""
    op.execute("PRAGMA defer_foreign_keys=ON")
    op.execute("CREATE TABLE buckets_before AS SELECT * FROM buckets")
    op.drop_table("buckets")
