import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from rag_server.core.errors import PreconditionFailed, Unavailable
from rag_server.stores import migration
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.engine import FILE
from rag_server.stores.catalog.schema import METADATA
from rag_server.stores.migration import REVISIONS, migrate, pending


def declared(path: Path) -> set[str]:
    """The definitions of tables and indexes, blanks aside; Alembic's own table left out."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {
            " ".join(sql.replace('"', "").split())
            for table, sql in rows
            if table not in {"alembic_version", "sqlite_sequence"}
        }


def stamp(data_dir: Path, version: str) -> None:
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()


def test_migrations_make_what_the_schema_declares(tmp_path: Path) -> None:
    migrate(tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.sqlite3'}")
    METADATA.create_all(engine)
    engine.dispose()
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
    assert migrate(data_dir) == REVISIONS
    assert pending(data_dir) == ()
    assert migrate(data_dir) == ()


def test_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    (broken / "versions").mkdir(parents=True)
    (broken / "env.py").write_text((Path(migration._SCRIPTS) / "env.py").read_text())
    (broken / "versions" / "first.py").write_text(
        "from alembic import op\n"
        "revision, down_revision = '0001_initial', None\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE half (id INTEGER)')\n"
        "    op.execute('CREATE TABLE half (id INTEGER)')\n"
    )
    with monkeypatch.context() as patched:
        patched.setattr(migration, "_SCRIPTS", broken)
        with pytest.raises(Unavailable):
            migrate(tmp_path)
    assert declared(tmp_path / FILE) == set()
    assert migrate(tmp_path) == REVISIONS


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
