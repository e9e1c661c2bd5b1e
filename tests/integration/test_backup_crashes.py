"""Killed at every point of a backup and of a restoration: what can be seen is whole."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag_server.core.backups import Scope, Wish
from rag_server.core.documents import GenerationSettings
from rag_server.core.protocols import Catalog
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from tests.chaos.points import BACKUPS
from tests.contract.conftest import Sketch

OLD = [Sketch(f"d{number}", f"old{number} word") for number in range(150)]
NEW = [Sketch(f"d{number}", f"new{number}") for number in range(0, 150, 3)]


def backups_of(catalog: SqlCatalog, target: Path) -> Backups:
    return Backups(catalog, Vault(Target(str(target))))


def write(catalog: Catalog, name: str, sketches: list[Sketch]) -> None:
    collection = catalog.collections.get("acme", name)
    catalog.documents.write(collection, [each.drawn() for each in sketches])


def texts(catalog: Catalog, name: str) -> dict[str, str]:
    view = catalog.collections.get("acme", name).view
    found = [catalog.documents.get(view, each.id) for each in catalog.documents.page(view, "", 999)]
    return {each.id: each.text for each in found if each}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A server's data with a full backup of it, and changes since."""
    catalog = open_catalog(tmp_path / "data")
    for name in ("docs", "news"):
        catalog.collections.create("acme", name, "", GenerationSettings("minilm"))
        write(catalog, name, OLD)
    backups_of(catalog, tmp_path / "backups").create(Scope())
    for name in ("docs", "news"):
        write(catalog, name, NEW)
    catalog.close()
    return tmp_path


@pytest.mark.parametrize("point", BACKUPS)
def test_whatever_is_visible_after_a_kill_is_whole(filled: Path, point: str) -> None:
    what = point.partition(".")[0]
    asked = [str(filled / "data"), str(filled / "backups"), point, "1", what]
    killed = subprocess.run([sys.executable, "-m", "tests.chaos.backup_process", *asked])
    assert killed.returncode == -signal.SIGKILL

    catalog = open_catalog(filled / "data")
    backups = backups_of(catalog, filled / "backups")
    before = {each.id: each.text for each in OLD}
    after = before | {each.id: each.text for each in NEW}
    expected = before if point == "restore.done" else after
    assert [texts(catalog, name) for name in ("docs", "news")] == [expected, expected]
    assert len(catalog.collections.page("acme", "", 10)) == 2
    assert len(backups.vault.all()) == (2 if point == "backup.done" else 1)
    for each in backups.vault.all():
        backups.vault.verify(each.id, Wish())

    # And it can be done again.
    if what == "backup":
        again = backups.create(Scope(), parent=backups.vault.newest(Scope()))
        assert backups.vault.verify(again.id, Wish()).documents == 300
    else:
        assert len(backups.restore(backups.vault.all()[-1].id, Wish(replace=True))) == 2
        assert texts(catalog, "news") == before
    catalog.close()
