"""What Alembic runs: the scripts, within the transaction that `stores.migration` has begun
(SQLite's DDL is transactional only in one that was begun by hand), or as text."""

from alembic import context

asked = context.config.attributes
if context.is_offline_mode():
    context.configure(
        dialect_name=asked["dialect"],
        literal_binds=True,
        transactional_ddl=True,
        output_buffer=context.config.output_buffer,
    )
else:
    context.configure(
        connection=asked["connection"],
        transactional_ddl=True,
        on_version_apply=lambda step, **_: asked["applied"](step.up_revision_id),
    )
with context.begin_transaction():
    context.run_migrations()
