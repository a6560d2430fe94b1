"""Streams and their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    _create_pools_and_streams()
    _create_messages()
    _create_groups()


def downgrade() -> None:
    """Take the change back."""
    for table in ("stream_group_partitions", "stream_group_instances", "stream_groups"):
        op.drop_table(table)
    for table in ("stream_messages", "stream_partitions"):
        op.drop_table(table)
    for table in ("streams", "stream_pools"):
        op.drop_table(table)


def _create_pools_and_streams() -> None:
    for table, more in (("stream_pools", []), ("streams", ["stream_pool_id"])):
        op.create_table(
            table,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("compartment_id", sa.Text(), nullable=True),
            *(sa.Column(name, sa.Text(), nullable=True) for name in more),
            sa.Column("name", sa.Text(), nullable=True),
            sa.Column("lifecycle_state", sa.Text(), nullable=True),
            sa.Column("time_created", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("record", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        for sort in ("time_created", "name"):
            op.create_index(f"ix_{table}_{sort}", table, ["compartment_id", sort, "id"])
    op.create_index("ix_streams_pool", "streams", ["stream_pool_id", "time_created", "id"])


def _create_messages() -> None:
    op.create_table(
        "stream_partitions",
        sa.Column("id", sa.Integer(), nullable=False, comment="short, since every message has it"),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("last_time", sa.BigInteger(), nullable=False, comment="of the last message: times never run back"),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_partitions")),
        sa.UniqueConstraint("stream_id", "number", name=op.f("uq_stream_partitions_stream_id_number")),
    )
    op.create_table(
        "stream_messages",
        sa.Column("partition_id", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["partition_id"], ["stream_partitions.id"]),
        sa.PrimaryKeyConstraint("partition_id", "offset", name=op.f("pk_stream_messages")),
    )


def _create_groups() -> None:
    op.create_table(
        "stream_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_groups")),
        sa.UniqueConstraint("stream_id", "name", name=op.f("uq_stream_groups_stream_id_name")),
    )
    op.create_table(
        "stream_group_instances",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reserved_until", sa.BigInteger(), nullable=False, comment="of all that it has reserved"),
        sa.ForeignKeyConstraint(["group_id"], ["stream_groups.id"]),
        sa.PrimaryKeyConstraint("group_id", "name", name=op.f("pk_stream_group_instances")),
    )
    op.create_table(
        "stream_group_partitions",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the offset to read next"),
        sa.Column(
            "committed", sa.BigInteger(), nullable=True, comment="the last offset that was committed, if one was"
        ),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="counts reservations: older cursors say nothing more"),
        sa.ForeignKeyConstraint(["group_id"], ["stream_groups.id"]),
        sa.PrimaryKeyConstraint("group_id", "number", name=op.f("pk_stream_group_partitions")),
    )
