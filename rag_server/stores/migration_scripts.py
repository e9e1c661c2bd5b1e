"""Alembic's scripts: what they say about themselves, and running them.

Imported late, through `migration.scripts`.
"""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from rag_server.stores.schema_change import Direction, SchemaChange

Applied = Callable[[str], None]


class MigrationScripts:
    """The scripts of one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def summaries(self, change: SchemaChange) -> list[str]:
        """One sentence per step: what it does, or what taking it back does and loses."""
        scripts = ScriptDirectory.from_config(self._config())
        modules = [scripts.get_revision(step).module for step in change.steps]
        down = change.direction is Direction.DOWN
        texts = [(module.downgrade if down else module).__doc__ or "" for module in modules]
        return [text.strip().partition("\n\n")[0].replace("\n", " ") for text in texts]

    def run(self, connection: Connection, change: SchemaChange, applied: Applied) -> None:
        """Take every step within the transaction that has begun on `connection`; `applied`
        hears of each one that was taken. Raises whatever a script raises."""
        config = self._config(connection=connection, applied=applied)
        if change.direction is Direction.DOWN:
            command.downgrade(config, change.after)
        else:
            command.upgrade(config, change.after)

    def sql(self, change: SchemaChange, dialect: str) -> str:
        """The statements of all steps, for SQLAlchemy's dialect of that name."""
        written = StringIO()
        config = self._config(written, dialect=dialect)
        if change.direction is Direction.DOWN:
            command.downgrade(config, f"{change.before}:{change.after}", sql=True)
        elif change.steps:
            command.upgrade(config, f"{change.before or 'base'}:{change.after}", sql=True)
        return written.getvalue()

    def _config(self, output: StringIO | None = None, **attributes: Any) -> Config:
        config = Config(attributes=attributes, output_buffer=output)
        config.set_main_option("script_location", str(self._directory))
        config.set_main_option("path_separator", "os")
        return config
