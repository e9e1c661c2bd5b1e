import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rag_server.core.documents import GenerationSettings
from rag_server.core.errors import Reason, Unavailable
from rag_server.stores.catalog import sqlite
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from rag_server.stores.catalog.sqlite import FILE


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlCatalog:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.01)
    return open_catalog(tmp_path)


def pragma(path: Path, name: str) -> object:
    with closing(sqlite.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_connections_are_durable_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "synchronous") == 2
    assert pragma(path, "foreign_keys") == 1


def test_locked_catalog_is_unavailable_and_recovers(catalog: SqlCatalog, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as caught:
            catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
        assert catalog.collections.page("acme", "", 10) == []
    assert caught.value.reason == Reason.NOT_READY
    assert "lock" not in str(caught.value)
    catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.close()


def test_broken_table_is_unavailable_on_every_path(catalog: SqlCatalog, tmp_path: Path) -> None:
    catalog.ping()
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("ALTER TABLE collections RENAME TO lost")
    for call in (
        catalog.ping,
        lambda: catalog.collections.get("acme", "docs"),
        lambda: catalog.collections.get("acme", "docs", counts=True),
        lambda: catalog.collections.create("acme", "docs", "", GenerationSettings("minilm")),
    ):
        with pytest.raises(Unavailable) as caught:
            call()
        assert "collections" not in str(caught.value)
    catalog.close()


def test_closed_catalog_answers_no_ping(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path)
    catalog.close()
    with pytest.raises(Unavailable):
        catalog.ping()
