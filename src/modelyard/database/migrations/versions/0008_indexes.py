"""Indexes for large catalogs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


_SORTS = ("time_created", "display_name", "lifecycle_state")
_FILTERS = (
    "project_id",
    "display_name",
    "lifecycle_state",
    "created_by",
    "category",
    "model_version_set_name",
    "version_label",
)
_FILTERS_IN_TIME = ("display_name", "model_version_set_name", "version_label")
"""What had an index before, for lists in the order of time alone."""

_SHARED_BY = {
    "project_id": 2_000,
    "display_name": 5,
    "lifecycle_state": 50_000,
    "created_by": 5_000,
    "category": 100_000,
    "model_version_set_name": 20,
    "version_label": 200,
}
"""How many models of 100,000 have the same value. SQLite plans by it which of several filters to begin with; what it
measures by itself in an empty catalog says nothing, and a plan that never changes is one that was tested."""

_KNOWN = sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('models', :index, :numbers)")


def upgrade() -> None:
    """Apply the change."""
    for name in _FILTERS_IN_TIME:
        op.drop_index(f"ix_models_{name}_in_time", "models")
    for name in _FILTERS:
        for sort in _SORTS:
            if name != sort:
                op.create_index(f"ix_models_{name}_by_{sort}", "models", ["compartment_id", name, sort, "id"])
    if op.get_bind().dialect.name == "sqlite":
        _tell_the_planner()


def _tell_the_planner() -> None:
    op.execute("ANALYZE models")  # makes the table of what the planner knows
    op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'models'")
    indexes = {f"ix_models_{sort}": f"{_SHARED_BY.get(sort, 1)}" for sort in _SORTS}
    for name, share in _SHARED_BY.items():
        both = {sort: min(share, _SHARED_BY.get(sort, 1)) for sort in _SORTS if sort != name}
        indexes |= {f"ix_models_{name}_by_{sort}": f"{share} {shared}" for sort, shared in both.items()}
    for index, shares in indexes.items():
        op.execute(_KNOWN.bindparams(index=index, numbers=f"100000 100000 {shares} 1"))
    op.execute("ANALYZE sqlite_master")  # this connection is to know it too


def downgrade() -> None:
    """Take the change back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'models'")
    for name in _FILTERS:
        for sort in _SORTS:
            if name != sort:
                op.drop_index(f"ix_models_{name}_by_{sort}", "models")
    for name in _FILTERS_IN_TIME:
        op.create_index(f"ix_models_{name}_in_time", "models", ["compartment_id", name, "time_created", "id"])
