"""Indexes for the living models of a project, the most frequent list of all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


_SHARED_BY = {"time_created": 1, "display_name": 5}
"""How many models of 100,000 have the same project, state and value of a sort; see 0008."""

_KNOWN = sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('models', :index, :numbers)")


def upgrade() -> None:
    """Apply the change."""
    for sort in _SHARED_BY:
        op.create_index(_index(sort), "models", ["compartment_id", "project_id", "lifecycle_state", sort, "id"])
    if op.get_bind().dialect.name == "sqlite":
        for sort, share in _SHARED_BY.items():
            op.execute(_KNOWN.bindparams(index=_index(sort), numbers=f"100000 100000 2000 1000 {share} 1"))
        op.execute("ANALYZE sqlite_master")  # this connection is to know it too


def downgrade() -> None:
    """Take the change back."""
    for sort in _SHARED_BY:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(sa.text("DELETE FROM sqlite_stat1 WHERE idx = :index").bindparams(index=_index(sort)))
        op.drop_index(_index(sort), "models")


def _index(sort: str) -> str:
    return f"ix_models_project_and_state_by_{sort}"
