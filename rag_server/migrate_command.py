"""The command `ragrpc-server migrate`: bring a catalog to another schema, or back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.settings import load_settings
from rag_server.stores.schema_change import SchemaChange

DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of settings.")]


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or would be: `summaries` one per step; `copy` of the catalog as it was."""

    directory: Path
    change: SchemaChange
    summaries: Sequence[str]
    copy: Path | None = None
    sql: str | None = None

    def row(self) -> dict[str, Any]:
        """As JSON; `sql` is null when it was done."""
        steps = zip(self.change.steps, self.summaries, strict=True)
        return {
            "before": self.change.before,
            "after": self.change.after,
            "direction": self.change.direction,
            "steps": [{"revision": step, "summary": text} for step, text in steps],
            "copy": self.copy and str(self.copy),
            "sql": self.sql,
        }

    def lines(self) -> list[str]:
        """For a person."""
        if not self.change.steps:
            return [f"the catalog in {self.directory} has schema {self.change.after} already"]
        does = "takes back" if self.change.direction == "down" else "applies"
        steps = zip(self.change.steps, self.summaries, strict=True)
        return [
            *(f"{does} {step}: {text}" for step, text in steps),
            *(["nothing was changed; the statements would be:", self.sql] if self.sql else []),
            *(_way_back(self.directory, self.change, self.copy) if self.copy else []),
            *([] if self.sql else [f"the catalog in {self.directory} is at {self.change.after}"]),
        ]


def migrate(
    to: Annotated[
        str, typer.Option(help="Revision to go to, up or down, or its number; else the newest.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option(help="Say what would be done, with its SQL; change nothing.")
    ] = False,
    backup_taken: Annotated[
        bool, typer.Option(help="There is a backup already: do not copy the catalog first.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the catalog to this version's schema, or to another one, all or nothing.

    The server must be stopped. A copy of the catalog is made first.
    """
    directory = load_settings(config, {"data.directory": data_dir}).data.directory
    report = (
        rehearse(directory, to) if dry_run else perform(directory, to, copy_first=not backup_taken)
    )
    typer.echo(json.dumps(report.row()) if as_json else "\n".join(report.lines()))


def rehearse(directory: Path, to: str) -> Report:
    """What `perform` would do, beside a running server too."""
    from rag_server.stores.migration import plan, scripts

    change = plan(directory, to)
    return Report(
        directory, change, scripts().summaries(change), sql=scripts().sql(change, "sqlite")
    )


def perform(directory: Path, to: str, *, copy_first: bool, telemetry: Telemetry = SILENT) -> Report:
    """Change the schema under the directory's lock. `telemetry.reached` is called with
    "migrate.copy", "migrate.copied" and what `stores.migration` says. Raises as that does."""
    from rag_server.stores.catalog_copy import copy_catalog
    from rag_server.stores.lock import DirectoryLock
    from rag_server.stores.migration import migrate, plan, scripts

    with DirectoryLock(directory):
        change = plan(directory, to)
        copy = None
        if change.steps and change.before and copy_first:
            telemetry.reached("migrate.copy")
            copy = copy_catalog(directory, change.before, datetime.now(UTC))
            telemetry.reached("migrate.copied")
        migrate(directory, to, telemetry)
    return Report(directory, change, scripts().summaries(change), copy)


def _way_back(directory: Path, change: SchemaChange, copy: Path) -> list[str]:
    return [
        f"the catalog as it was is in {copy}",
        f"to return to it: stop the server, remove catalog.sqlite3* and chroma from {directory}, "
        f"copy it there as catalog.sqlite3, and start a release that knows {change.before}",
    ]
