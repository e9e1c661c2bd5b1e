import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from rag_server.core.errors import Exhausted, PreconditionFailed, RagError, Unavailable
from rag_server.core.telemetry import Silent
from rag_server.stores import migration
from rag_server.stores.catalog import sqlite
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.schema import METADATA
from rag_server.stores.catalog.sqlite import FILE
from rag_server.stores.migration import REVISIONS, migrate, pending, scripts
from rag_server.stores.schema_change import SchemaChange


def declared(path: Path) -> set[str]:
    """The definitions of tables and indexes, blanks aside; Alembic's own table left out."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {
            re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.replace('"', "").split()))
            for table, sql in rows
            if table not in {"alembic_version", "sqlite_sequence"}
        }


def stamp(data_dir: Path, version: str) -> None:
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()


class Points(Silent):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def reached(self, point: str) -> None:
        self.seen.append(point)


def test_migrations_make_what_the_schema_declares(tmp_path: Path) -> None:
    migrate(tmp_path)
    made = create_engine(f"sqlite:///{tmp_path / 'declared.sqlite3'}")
    METADATA.create_all(made)
    made.dispose()
    expected = declared(tmp_path / "declared.sqlite3")
    assert len(expected) >= len(METADATA.tables)
    assert declared(tmp_path / FILE) == expected


def test_named_revisions_are_the_scripts_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == REVISIONS


def test_new_directory_is_migrated_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "new"
    assert pending(data_dir) == REVISIONS
    assert migrate(data_dir).steps == REVISIONS
    assert pending(data_dir) == ()
    assert migrate(data_dir).steps == ()


@pytest.fixture
def more_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Room for revisions beyond those of this program."""
    own = tmp_path / "scripts"
    shutil.copytree(migration._SCRIPTS, own, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migration, "_SCRIPTS", own)
    monkeypatch.setattr(migration, "REVISIONS", (*REVISIONS, "9001_good", "9002_bad"))
    (own / "versions" / "good.py").write_text(script("9001_good", REVISIONS[-1], _GOOD, _GOOD_DOWN))
    return own / "versions" / "bad.py"


def script(revision: str, after: str, up: str, down: str) -> str:
    body = "\n".join(f"    op.execute({each!r})" for each in up.split(";"))
    back = "\n".join(f"    op.execute({each!r})" for each in down.split(";"))
    return (
        f"'Revision.'\nfrom alembic import op\n"
        f"revision, down_revision = {revision!r}, {after!r}\n"
        f"def upgrade():\n{body}\ndef downgrade():\n    'Back.'\n{back}\n"
    )


_GOOD = (
    "CREATE TABLE extra (id INTEGER PRIMARY KEY, word TEXT);"
    "INSERT INTO extra (word) SELECT tenant FROM keys;"
    "ALTER TABLE keys ADD COLUMN note TEXT"
)
_GOOD_DOWN = "ALTER TABLE keys DROP COLUMN note; DROP TABLE extra"
_KEY = (
    "INSERT INTO keys (id, hash, tenant, roles, name, created_at)"
    " VALUES ('k', X'00', 'acme', 'reader', '', 1)"
)


def everything(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        return list(connection.iterdump())


def execute(data_dir: Path, statement: str) -> None:
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE TABLE half (id INTEGER); CREATE TABLE half (id INTEGER)",
        "DELETE FROM keys; INSERT INTO keys (id) VALUES ('incomplete')",
        "ALTER TABLE keys DROP COLUMN roles; SELECT nothing FROM nowhere",
        "INSERT INTO commits VALUES (77, 1, 1)",
    ],
    ids=["table", "rows", "column", "reference"],
)
def test_failure_in_the_second_of_two_revisions_leaves_schema_and_rows(
    tmp_path: Path, more_scripts: Path, broken: str
) -> None:
    more_scripts.write_text(script("9002_bad", "9001_good", broken, "SELECT 1"))
    migrate(tmp_path, REVISIONS[-1])
    execute(tmp_path, _KEY)
    before = everything(tmp_path)
    with pytest.raises(RagError, match="failed at 9002_bad, and the catalog is as it was"):
        migrate(tmp_path)
    assert everything(tmp_path) == before


def test_failure_on_the_way_down_leaves_schema_and_rows(tmp_path: Path, more_scripts: Path) -> None:
    down = "DROP TABLE extra; SELECT nothing FROM nowhere"
    more_scripts.write_text(script("9002_bad", "9001_good", "SELECT 1", "SELECT 1"))
    good = more_scripts.with_name("good.py")
    good.write_text(script("9001_good", REVISIONS[-1], _GOOD, down))
    migrate(tmp_path, REVISIONS[-1])
    execute(tmp_path, _KEY)
    migrate(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(RagError, match="failed at 9001_good"):
        migrate(tmp_path, REVISIONS[-1])
    assert everything(tmp_path) == before


def test_failure_says_the_code_and_not_the_data(tmp_path: Path, more_scripts: Path) -> None:
    broken = "INSERT INTO keys (id) VALUES ('secret')"
    more_scripts.write_text(script("9002_bad", "9001_good", broken, "SELECT 1"))
    with pytest.raises(RagError) as caught:
        migrate(tmp_path)
    assert "SQLITE_CONSTRAINT_NOTNULL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_full_disk_on_the_way_leaves_schema_and_rows(
    tmp_path: Path, more_scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = "CREATE TABLE large (b BLOB); INSERT INTO large VALUES (zeroblob(1000000))"
    more_scripts.write_text(script("9002_bad", "9001_good", large, "DROP TABLE large"))
    migrate(tmp_path, REVISIONS[-1])
    execute(tmp_path, _KEY)
    before = everything(tmp_path)
    with monkeypatch.context() as small:
        small.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "PRAGMA max_page_count=100"))
        with pytest.raises(Exhausted, match="as it was: the disk is full"):
            migrate(tmp_path)
    assert everything(tmp_path) == before
    assert migrate(tmp_path).steps == ("9001_good", "9002_bad")


def test_sql_of_every_step_can_be_read_beforehand() -> None:
    for older, newer in zip((None, *REVISIONS[:-1]), REVISIONS, strict=True):
        up = SchemaChange.between(older, newer, REVISIONS)
        assert "version_num" in scripts().sql(up, "sqlite")
        assert len(scripts().summaries(up)) == 1
    for older, newer in pairwise(REVISIONS):
        down = SchemaChange.between(newer, older, REVISIONS)
        assert "DROP" in scripts().sql(down, "sqlite")
        assert all(scripts().summaries(down))


def test_points_are_passed_in_order(tmp_path: Path) -> None:
    points = Points()
    migrate(tmp_path, telemetry=points)
    steps = ["migrate.step"] * len(REVISIONS)
    assert points.seen == ["migrate.begin", *steps, "migrate.inside", "migrate.done"]
    migrate(tmp_path, telemetry=points)
    assert len(points.seen) == 3 + len(REVISIONS)


def test_newer_catalog_is_refused_and_left_alone(tmp_path: Path) -> None:
    migrate(tmp_path)
    stamp(tmp_path, "9999_future")
    for refused in (open_catalog, migrate, pending):
        with pytest.raises(PreconditionFailed, match="9999_future, which is newer"):
            refused(tmp_path)
    stamp(tmp_path, REVISIONS[-1])
    open_catalog(tmp_path).close()


def test_older_catalog_asks_to_be_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(tmp_path)
    monkeypatch.setattr(migration, "REVISIONS", (*REVISIONS, "9999_next"))
    assert pending(tmp_path) == ("9999_next",)
    with pytest.raises(PreconditionFailed, match="ragrpc-server migrate"):
        open_catalog(tmp_path)


def test_file_that_is_no_catalog_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else entirely, and long enough to be read")
    with pytest.raises(Unavailable) as caught:
        open_catalog(tmp_path)
    assert "database" not in caught.value.message


def test_start_with_a_current_catalog_does_not_load_alembic(tmp_path: Path) -> None:
    migrate(tmp_path)
    program = (
        "import sys; from pathlib import Path\n"
        "from rag_server.stores.catalog.catalog import open_catalog\n"
        "open_catalog(Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)]).returncode == 0
