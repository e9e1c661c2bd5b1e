import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag_client import Document, RagClient
from rag_server.indexes.lexical.index import LexicalIndex
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.sqlite import FILE
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from tests.serving import serving

NAME = "c1-g1"


def verify(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rag_server", "verify", "--data-dir", str(data_dir)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True)


def findings(data_dir: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = verify(data_dir, "--json", *arguments)
    return done.returncode, {each["kind"]: each for each in json.loads(done.stdout)["findings"]}


def change_index(data_dir: Path, change: Callable[[ChromaIndex], None]) -> None:
    catalog = open_catalog(data_dir)
    index = ChromaIndex(EmbeddedEngine(data_dir / "chroma"), catalog.identity)
    catalog.close()
    change(index)
    index.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server left when it was stopped."""
    data_dir = tmp_path_factory.mktemp("filled") / "data"
    with serving(data_dir) as server, RagClient(server.address) as rag:
        rag.collections.create("docs")
        texts = [f"Thing {n} weighs {n} grams. " * 30 for n in range(12)]
        documents = [Document(id=f"d{n}", text=text) for n, text in enumerate(texts)]
        rag.documents.upsert("docs", documents).raise_for_failures()
        assert verify(data_dir).returncode == 1
        beside = verify(data_dir, "--catalog-only")
        assert (beside.returncode, beside.stdout) == (0, "clean\n")
        server.stop()
    return data_dir


@pytest.fixture
def stopped(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "data")


def test_what_a_server_leaves_is_clean(stopped: Path) -> None:
    assert findings(stopped) == (0, {})


def test_index_that_lost_and_gained_vectors_is_told_and_repaired(stopped: Path) -> None:
    def change(index: ChromaIndex) -> None:
        gone = index.ids(NAME)[:7]
        index.remove(NAME, gone)

    change_index(stopped, change)
    code, found = findings(stopped)
    assert (code, found["missing"]["count"], found["missing"]["where"]) == (3, 7, NAME)
    told = verify(stopped, "--repair")
    assert told.returncode == 0
    assert told.stdout.startswith(f"{NAME}: 7 missing ")
    assert told.stdout.endswith("... (repaired)\nclean\n")
    assert findings(stopped) == (0, {})


def test_lost_index_needs_nobody_and_is_filled_by_a_repair(stopped: Path) -> None:
    shutil.rmtree(stopped / "chroma")
    code, found = findings(stopped)
    assert (code, list(found), found["behind"]["open"]) == (0, ["behind"], False)
    assert verify(stopped, "--repair").returncode == 0
    with serving(stopped) as server, RagClient(server.address) as rag:
        assert rag.retrieve("docs", "Thing 7 weighs", top_k=3).hits[0].document_id == "d7"


def test_new_catalog_beside_an_old_index_is_searched_in_its_own(stopped: Path) -> None:
    for file in stopped.glob(f"{FILE}*"):
        file.unlink()
    with serving(stopped) as server, RagClient(server.address) as rag:
        rag.collections.create("others")
        # As many commits as the old one had, to a collection with the same number.
        rag.documents.upsert("others", [Document(id="new", text="Something else entirely.")])
        assert [hit.document_id for hit in rag.retrieve("others", "Something else").hits] == ["new"]
        server.stop()
    assert findings(stopped) == (0, {})


def test_changed_text_is_told_and_nothing_is_repaired(stopped: Path) -> None:
    with closing(sqlite3.connect(stopped / FILE)) as connection:
        connection.execute("UPDATE chunks SET text = 'forged' WHERE ordinal = 0")
        connection.commit()
    code, found = findings(stopped, "--repair")
    assert (code, list(found), found["wrong_text"]["repaired"]) == (4, ["wrong_text"], False)
    assert "restore it from a backup" in verify(stopped).stdout


def test_damaged_file_is_told(stopped: Path) -> None:
    with closing(sqlite3.connect(stopped / FILE)) as connection:
        root = "SELECT rootpage FROM sqlite_master WHERE name = 'chunks_by_document'"
        (page,) = connection.execute(root).fetchone()
    with (stopped / FILE).open("r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(b"\xff" * 2_000)
    code, found = findings(stopped)
    assert (code, list(found)) == (4, ["damaged"])


def test_directory_without_a_catalog_is_left_alone(tmp_path: Path) -> None:
    refused = verify(tmp_path / "nothing")
    assert refused.returncode == 1
    assert "there is no catalog in" in refused.stderr
    assert not (tmp_path / "nothing" / FILE).exists()


def test_words_that_are_missing_are_found_and_put_back(stopped: Path) -> None:
    catalog = open_catalog(stopped)
    lexical = LexicalIndex(stopped / "lexical", catalog.identity)
    catalog.close()
    lexical.remove(NAME, lexical.ids(NAME)[:3])
    lexical.close()
    code, found = findings(stopped)
    assert (code, found["missing"]["count"], found["missing"]["where"]) == (3, 3, f"lexical {NAME}")
    code, found = findings(stopped, "--repair")
    assert (code, found["missing"]["repaired"]) == (0, True)
    assert verify(stopped).stdout == "clean\n"


def test_an_index_of_words_that_is_gone_is_filled_at_the_next_start_or_by_repair(
    stopped: Path,
) -> None:
    shutil.rmtree(stopped / "lexical")
    code, found = findings(stopped)
    assert (code, list(found)) == (0, ["behind"])
    assert verify(stopped, "--repair").returncode == 0
    assert verify(stopped).stdout == "clean\n"
