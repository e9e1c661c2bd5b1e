"""Which schema a data directory has, and how it gets another one."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.catalog.engine import FILE, Database, connect, translated
from rag_server.stores.migration_failure import failed
from rag_server.stores.schema_change import SchemaChange, named

if TYPE_CHECKING:
    from rag_server.stores.migration_scripts import MigrationScripts

# In order; a test holds them to the scripts in `migrations`. Named here so that a start
# with an up-to-date catalog does not load Alembic.
REVISIONS = ("0001_initial", "0002_generations")

_SCRIPTS = Path(__file__).with_name("migrations")


def plan(data_dir: Path, to: str = "") -> SchemaChange:
    """What `migrate` would do. `to` is a revision or its number, else the newest. Raises
    InvalidRequest for an unknown one, PreconditionFailed when the catalog is newer than
    this program."""
    after = named(to, REVISIONS) if to else REVISIONS[-1]
    return SchemaChange.between(_known(_current(data_dir)), after, REVISIONS)


def pending(data_dir: Path) -> tuple[str, ...]:
    """Revisions not yet applied, in order; all of them where there is no catalog. Raises
    PreconditionFailed when the catalog is newer than this program."""
    return plan(data_dir).steps


def migrate(data_dir: Path, to: str = "", telemetry: Telemetry = SILENT) -> SchemaChange:
    """Change the schema, up or down, all or nothing; what was done. The caller holds the
    directory's lock and has a copy.

    `telemetry.reached` is called with "migrate.begin", "migrate.step" (after each revision),
    "migrate.inside" (all is done, nothing committed) and "migrate.done". Raises as `plan`;
    Exhausted for a full disk and RagError for whatever else went wrong, after which the
    catalog is as it was.
    """
    change = plan(data_dir, to)
    if change.steps:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _carry_out(data_dir / FILE, change, telemetry)
    return change


def prepare(data_dir: Path) -> None:
    """Make a new catalog where there is none. An older one is migrated only when asked for,
    since an older program cannot read it afterwards: raises PreconditionFailed."""
    missing = pending(data_dir)
    if missing == REVISIONS:
        migrate(data_dir)
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


def _current(data_dir: Path) -> str | None:
    path = data_dir / FILE
    if not path.exists():
        return None
    with translated(), closing(connect(path)) as connection:
        table = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if connection.execute(table).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def _carry_out(path: Path, change: SchemaChange, telemetry: Telemetry) -> None:
    taken: list[str] = []

    def applied(revision: str) -> None:
        taken.append(revision)
        telemetry.reached("migrate.step")

    database = Database(path)
    telemetry.reached("migrate.begin")
    try:
        with database.writing() as connection:
            scripts().run(connection, change, applied)
            telemetry.reached("migrate.inside")
    except Exception as error:
        at = change.steps[min(len(taken), len(change.steps) - 1)]
        what = f"the migration failed at {at}, and the catalog is as it was"
        raise failed(what, error) from error
    finally:
        database.close()
    telemetry.reached("migrate.done")
