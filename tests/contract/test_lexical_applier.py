"""How the lexical index follows a catalog: what is dead leaves it, and what nobody knows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rag_server.core.documents import GenerationSettings, View
from rag_server.core.protocols import Catalog
from rag_server.indexes.lexical.applier import LexicalApplier
from rag_server.indexes.lexical.index import LexicalIndex
from tests.contract.conftest import IDENTITY, Sketch


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    index = LexicalIndex(tmp_path / "lexical", IDENTITY)
    yield index
    index.close()


@pytest.fixture
def view(catalog_under_test: Catalog) -> View:
    catalog_under_test.collections.create("acme", "words", "", GenerationSettings("minilm"))
    return write(catalog_under_test, Sketch("a", "one two"), Sketch("b", "three"))


def write(catalog: Catalog, *sketches: Sketch) -> View:
    collection = catalog.collections.get("acme", "words")
    catalog.documents.write(collection, [each.drawn() for each in sketches])
    return catalog.collections.get("acme", "words").view


def test_what_is_dead_and_what_nobody_knows_leaves_the_index(
    catalog_under_test: Catalog, index: LexicalIndex, view: View
) -> None:
    # The catalog's clock stands still, long ago.
    applier = LexicalApplier(catalog_under_test, index, timedelta(seconds=1))
    assert applier.follow(view, 0) == view.revision
    index.prepare("c9-g9")
    collection = catalog_under_test.collections.get("acme", "words")
    catalog_under_test.documents.delete(collection, ["a"])
    applier.refresh()
    assert (index.names(), index.ids(view.index_name)) == ([view.index_name], ["b:three"])
    again = write(catalog_under_test, Sketch("a", "one two"))
    assert applier.follow(again, view.revision) == again.revision
    assert sorted(index.ids(view.index_name)) == ["a:one", "a:two", "b:three"]


def test_what_is_deleted_stays_while_calls_may_read_it(
    catalog_under_test: Catalog, index: LexicalIndex, view: View
) -> None:
    applier = LexicalApplier(catalog_under_test, index, timedelta(days=100_000))
    applier.follow(view, 0)
    collection = catalog_under_test.collections.get("acme", "words")
    catalog_under_test.documents.delete(collection, ["a"])
    applier.refresh()
    assert index.count(view.index_name) == 3
