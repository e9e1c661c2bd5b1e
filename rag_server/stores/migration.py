"""Which schema a data directory has, and how it gets the newest."""

from contextlib import closing
from pathlib import Path

from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.stores.catalog.engine import FILE, Database, connect, translated

# In order; a test holds them to the scripts in `migrations`. Named here so that a start
# with an up-to-date catalog does not load Alembic.
REVISIONS = ("0001_initial", "0002_generations")

_SCRIPTS = Path(__file__).with_name("migrations")


def pending(data_dir: Path) -> tuple[str, ...]:
    """Revisions not yet applied, in order; all of them where there is no catalog. Raises
    PreconditionFailed when the catalog is newer than this program."""
    current = _current(data_dir)
    if current is None:
        return REVISIONS
    if current not in REVISIONS:
        raise PreconditionFailed(
            f"the catalog has schema {current}, which is newer than this program "
            f"(it knows {REVISIONS[-1]}): start a newer release",
            Reason.NOT_READY,
            {"schema": current},
        )
    return REVISIONS[REVISIONS.index(current) + 1 :]


def migrate(data_dir: Path) -> tuple[str, ...]:
    """Apply what is pending, all or nothing; the revisions applied."""
    missing = pending(data_dir)
    if missing:
        data_dir.mkdir(parents=True, exist_ok=True)
        _upgrade(data_dir / FILE)
    return missing


def prepare(data_dir: Path) -> None:
    """Make a new catalog where there is none. An older one is migrated only when asked for,
    since an older program cannot read it afterwards: raises PreconditionFailed."""
    missing = pending(data_dir)
    if missing == REVISIONS:
        migrate(data_dir)
    elif missing:
        raise PreconditionFailed(
            "the catalog has an older schema: back it up, then run `ragrpc-server migrate`",
            Reason.NOT_READY,
            {"pending": ", ".join(missing)},
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


def _upgrade(path: Path) -> None:
    # Alembic costs a quarter of a second that a start should not pay.
    from alembic import command
    from alembic.config import Config

    database = Database(path)
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    try:
        with database.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()
