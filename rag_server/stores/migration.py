"""Which schema a catalog has, and how it gets another one."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.catalog.location import Location, open_database, unhurried
from rag_server.stores.migration_failure import failed
from rag_server.stores.schema_change import SchemaChange, named

if TYPE_CHECKING:
    from rag_server.stores.migration_scripts import MigrationScripts

# In order; a test holds them to the scripts in `migrations`. Named here so that a start
# with an up-to-date catalog does not load Alembic.
REVISIONS = (
    "0001_initial",
    "0002_generations",
    "0003_identity",
    "0004_deletions",
    "0005_token_vectors",
    "0006_metadata_schemas",
    "0007_fields",
)

_SCRIPTS = Path(__file__).with_name("migrations")


def plan(location: Location, to: str = "") -> SchemaChange:
    """What `migrate` would do. `to` is a revision or its number, else the newest. Raises
    InvalidRequest for an unknown one, PreconditionFailed when the catalog is newer than
    this program."""
    after = named(to, REVISIONS) if to else REVISIONS[-1]
    return SchemaChange.between(_known(_current(location)), after, REVISIONS)


def pending(location: Location) -> tuple[str, ...]:
    """Revisions not yet applied, in order; all of them where there is no catalog. Raises
    PreconditionFailed when the catalog is newer than this program."""
    return plan(location).steps


def migrate(location: Location, to: str = "", telemetry: Telemetry = SILENT) -> SchemaChange:
    """Change the schema, up or down, all or nothing; what was done. The caller holds the
    directory's lock and has a copy.

    `telemetry.reached` is called with "migrate.begin", "migrate.step" (after each revision),
    "migrate.inside" (all is done, nothing committed) and "migrate.done". Raises as `plan`;
    Exhausted for a full disk and RagError for whatever else went wrong, after which the
    catalog is as it was.
    """
    change = plan(location, to)
    if change.steps:
        if isinstance(location, Path):
            location.mkdir(mode=0o700, parents=True, exist_ok=True)
        _carry_out(location, change, telemetry)
    return change


def prepare(location: Location) -> None:
    """Make a new catalog where there is none. An older one is migrated only when asked for,
    since an older program cannot read it afterwards: raises PreconditionFailed."""
    missing = pending(location)
    if missing == REVISIONS:
        migrate(location)
    elif missing:
        raise PreconditionFailed(
            "the catalog has an older schema: run `ragrpc-server migrate`, which copies it first",
            Reason.NOT_READY,
            {"pending": ", ".join(missing)},
        )


def scripts() -> "MigrationScripts":
    """The scripts of this program."""
    # Alembic costs a quarter of a second that a start should not pay.
    from rag_server.stores.migration_scripts import MigrationScripts

    return MigrationScripts(_SCRIPTS)


def _known(current: str | None) -> str | None:
    if current is None or current in REVISIONS:
        return current
    raise PreconditionFailed(
        f"the catalog has schema {current}, which is newer than this program (it knows "
        f"{REVISIONS[-1]}): start a newer release, or let that one take it back with "
        f"`ragrpc-server migrate --to {REVISIONS[-1]}`",
        Reason.NOT_READY,
        {"schema": current},
    )


def _current(location: Location) -> str | None:
    with closing(open_database(location)) as database:
        if not database.exists():
            return None
        with database.reading() as connection:
            return _version(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if version is None else str(version)


def _carry_out(location: Location, change: SchemaChange, telemetry: Telemetry) -> None:
    taken: list[str] = []

    def applied(revision: str) -> None:
        taken.append(revision)
        telemetry.reached("migrate.step")

    telemetry.reached("migrate.begin")
    try:
        with (
            closing(open_database(unhurried(location))) as database,
            database.changing() as connection,
        ):
            # Another server may have done it while this one waited for its turn.
            if _version(connection) != change.after:
                scripts().run(connection, change, applied)
            telemetry.reached("migrate.inside")
    except Exception as error:
        at = change.steps[min(len(taken), len(change.steps) - 1)]
        what = f"the migration failed at {at}, and the catalog is as it was"
        raise failed(what, error) from error
    telemetry.reached("migrate.done")
