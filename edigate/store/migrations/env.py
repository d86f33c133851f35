"""Alembic's entry: it runs on the connection, and inside the transaction, that `bring_up_to_date`
hands over."""

from alembic import context

from edigate.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
