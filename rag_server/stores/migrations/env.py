"""What Alembic runs: the pending scripts, within the transaction that `stores.migration`
has begun. SQLite's DDL is transactional only in one that was begun by hand."""

from alembic import context

from rag_server.stores.catalog.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
