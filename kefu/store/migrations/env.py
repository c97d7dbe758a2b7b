"""Run by alembic: uses the connection and the transaction of whoever called."""

from __future__ import annotations

from alembic import context

from kefu.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
