"""Log groups, logs and their entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    _create_records("log_groups", "compartment_id", "display_name", sorts=("time_created", "display_name"))
    _create_records(
        "logs",
        "compartment_id",
        "log_group_id",
        "display_name",
        "log_type",
        "lifecycle_state",
        sorts=("time_created", "display_name"),
    )
    op.create_index("ix_logs_log_group_id", "logs", ["log_group_id", "display_name"])
    _create_records(
        "logging_work_requests",
        "compartment_id",
        "operation_type",
        "status",
        sorts=("time_accepted", "operation_type", "status"),
    )
    _create_entries()
    op.create_table(
        "deleted_logs",
        sa.Column("id", sa.Text(), nullable=False, comment="of a log whose entries are still to be removed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deleted_logs")),
    )
    op.create_table(
        "log_readings",
        sa.Column("file", sa.Text(), nullable=False, comment="below the home"),
        sa.Column("read_to", sa.BigInteger(), nullable=False, comment="all before this byte is in the database"),
        sa.Column("mark", sa.LargeBinary(), nullable=False, comment="the bytes before it: the file is known by them"),
        sa.Column("is_in_line", sa.Boolean(), nullable=False, comment="within a line that was cut"),
        sa.Column("deployment_id", sa.Text(), nullable=True, comment="whose replica writes the file"),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_log_readings")),
    )


def downgrade() -> None:
    """Take the change back."""
    for name in ("log_readings", "deleted_logs", "log_entries", "logging_work_requests", "logs", "log_groups"):
        op.drop_table(name)


def _create_records(name: str, *columns: str, sorts: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(column, sa.Text(), nullable=True) for column in columns),
        *(sa.Column(sort, sa.BigInteger(), nullable=False) for sort in sorts if sort.startswith("time_")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for sort in sorts:
        op.create_index(f"ix_{name}_{sort}", name, ["compartment_id", sort, "id"])


def _create_entries() -> None:
    op.create_table(
        "log_entries",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="microseconds"),
        sa.Column("ingested", sa.BigInteger(), nullable=False, comment="microseconds"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_entries")),
    )
    op.create_index("ix_log_entries_time", "log_entries", ["log_id", "time", "number"])
