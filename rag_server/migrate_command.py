"""The command `ragrpc-server migrate`: bring a catalog to another schema, or back."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.settings import load_settings
from rag_server.stores.schema_change import SchemaChange

if TYPE_CHECKING:
    from rag_server.stores.catalog.location import Location

DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of settings.")]


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or would be: `summaries` one per step; `copy` of the catalog as it was."""

    place: str
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
            return [f"the catalog in {self.place} has schema {self.change.after} already"]
        does = "takes back" if self.change.direction == "down" else "applies"
        steps = zip(self.change.steps, self.summaries, strict=True)
        return [
            *(f"{does} {step}: {text}" for step, text in steps),
            *(["nothing was changed; the statements would be:", self.sql] if self.sql else []),
            *(_way_back(self.place, self.change, self.copy) if self.copy else []),
            *([] if self.sql else [f"the catalog in {self.place} is at {self.change.after}"]),
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

    All servers must be stopped. A copy of a SQLite catalog is made first.
    """
    from rag_server.composition.catalog import catalog_location

    location = catalog_location(load_settings(config, {"data.directory": data_dir}))
    report = (
        rehearse(location, to) if dry_run else perform(location, to, copy_first=not backup_taken)
    )
    typer.echo(json.dumps(report.row()) if as_json else "\n".join(report.lines()))


def rehearse(location: "Location", to: str) -> Report:
    """What `perform` would do, beside a running server too."""
    from rag_server.composition.catalog import place_of
    from rag_server.stores.migration import plan, scripts

    change = plan(location, to)
    dialect = "sqlite" if isinstance(location, Path) else "postgresql"
    return Report(
        place_of(location), change, scripts().summaries(change), sql=scripts().sql(change, dialect)
    )


def perform(
    location: "Location", to: str, *, copy_first: bool, telemetry: Telemetry = SILENT
) -> Report:
    """Change the schema, of a data directory under its lock. `telemetry.reached` is called
    with "migrate.copy", "migrate.copied" and what `stores.migration` says. Raises as that
    does, and PreconditionFailed for a copy of what only PostgreSQL's own tools can copy."""
    from rag_server.composition.catalog import place_of
    from rag_server.stores.lock import DirectoryLock
    from rag_server.stores.migration import migrate, plan, scripts

    with DirectoryLock(location) if isinstance(location, Path) else nullcontext():
        change = plan(location, to)
        copy = None
        if change.steps and change.before and copy_first:
            copy = _copy(location, change.before, telemetry)
        migrate(location, to, telemetry)
    return Report(place_of(location), change, scripts().summaries(change), copy)


def _copy(location: "Location", schema: str, telemetry: Telemetry) -> Path:
    from rag_server.stores.catalog_copy import copy_catalog

    if not isinstance(location, Path):
        raise PreconditionFailed(
            "a PostgreSQL database is not copied here: back it up (pg_dump), then say "
            "--backup-taken",
            Reason.NOT_READY,
        )
    telemetry.reached("migrate.copy")
    copy = copy_catalog(location, schema, datetime.now(UTC))
    telemetry.reached("migrate.copied")
    return copy


def _way_back(directory: str, change: SchemaChange, copy: Path) -> list[str]:
    return [
        f"the catalog as it was is in {copy}",
        f"to return to it: stop the server, remove catalog.sqlite3* and chroma from {directory}, "
        f"copy it there as catalog.sqlite3, and start a release that knows {change.before}",
    ]
