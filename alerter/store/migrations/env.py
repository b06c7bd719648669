"""Run by Alembic: migrates on the connection, and in the transaction, that alerter.store.schema hands over."""

from alembic import context

from alerter.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
