"""Run migrations on the connection that the caller gives."""

from __future__ import annotations

from alembic import context

from modelyard.database.engine import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
