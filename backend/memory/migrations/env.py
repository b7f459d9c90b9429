"""Run by Alembic: takes the open connection that `backend.memory.database` hands over."""

from alembic import context

from backend.memory.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
