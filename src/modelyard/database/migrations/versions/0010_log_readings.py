"""Marks of log files that are read: before each, the length of what tells the file beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_readings = sa.table("log_readings", sa.column("file", sa.Text), sa.column("mark", sa.LargeBinary))
_NOTHING_KNOWN = b"\0"


def upgrade() -> None:
    """Apply the change."""
    for file, mark in _rows():
        _keep(file, _NOTHING_KNOWN + mark)


def downgrade() -> None:
    """Take the change back."""
    for file, mark in _rows():
        _keep(file, mark[1 + mark[0] :] if mark else mark)


def _rows() -> list[tuple[str, bytes]]:
    return [(row.file, row.mark) for row in op.get_bind().execute(sa.select(_readings))]


def _keep(file: str, mark: bytes) -> None:
    op.execute(_readings.update().where(_readings.c.file == file).values(mark=mark))
