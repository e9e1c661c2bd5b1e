from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rag_server.core.documents import (
    Collection,
    GenerationSettings,
    IndexSettings,
    NewDocument,
    View,
)
from rag_server.core.findings import Finding, Kind
from rag_server.core.protocols import Changes
from rag_server.core.verification import IndexVerification
from tests.contract.conftest import entry

Make = Callable[..., NewDocument]
NOTHING = np.empty((0, 0), np.float32)


@pytest.fixture
def verification(catalog_under_test: Any, index_under_test: Any) -> IndexVerification:
    return IndexVerification(catalog_under_test, index_under_test, lambda what, done: None)


@pytest.fixture
def collection(catalog_under_test: Any, catalog_document: Make) -> Collection:
    catalog = catalog_under_test
    made: Collection = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(made, [catalog_document("a", "alpha beta"), catalog_document("b")])
    catalog.documents.write(made, [catalog_document("a", "alpha delta")])
    catalog.documents.delete(made, ["b"])
    found: Collection = catalog.collections.get("acme", "docs")
    return found


@pytest.fixture
def name(catalog_under_test: Any, index_under_test: Any, collection: Collection) -> str:
    """The part of the collection, which has followed all that was committed."""
    view = collection.view
    fill(index_under_test, view.index_name, catalog_under_test.feed.changes(view, 0, 100))
    return view.index_name


def fill(index: Any, name: str, changes: Changes) -> None:
    index.prepare(name, IndexSettings())
    index.apply(name, changes)


def seen(findings: list[Finding]) -> list[tuple[Kind, tuple[str, ...], bool]]:
    return [(each.kind, each.examples, each.repaired) for each in findings]


def assert_repaired(verification: IndexVerification, kind: Kind, *examples: str) -> None:
    assert seen(verification.look()) == [(kind, examples, False)]
    assert seen(verification.repair()) == [(kind, examples, True)]
    assert verification.look() == []


def test_index_that_has_followed_agrees(verification: IndexVerification, name: str) -> None:
    assert verification.look() == []
    assert verification.repair() == []


def test_what_was_deleted_may_be_there_or_not(
    verification: IndexVerification, index_under_test: Any, name: str
) -> None:
    index_under_test.remove(name, [entry("beta")])
    assert verification.look() == []


def test_missing_chunk_is_added(
    verification: IndexVerification, index_under_test: Any, name: str
) -> None:
    index_under_test.remove(name, [entry("delta")])
    assert_repaired(verification, Kind.MISSING, entry("delta"))
    assert index_under_test.applied(name) == 3


def test_superfluous_chunk_is_removed(
    verification: IndexVerification, index_under_test: Any, name: str, catalog_vector: Any
) -> None:
    index_under_test.apply(name, Changes(3, ["never"], catalog_vector("never")[np.newaxis]))
    assert_repaired(verification, Kind.SUPERFLUOUS, "never")


def test_wrong_vector_is_replaced(
    verification: IndexVerification, index_under_test: Any, name: str, catalog_vector: Any
) -> None:
    index_under_test.remove(name, [entry("delta")])
    index_under_test.apply(name, Changes(3, [entry("delta")], catalog_vector("other")[np.newaxis]))
    assert_repaired(verification, Kind.WRONG_VECTOR, entry("delta"))


def test_part_that_is_ahead_is_built_anew(
    verification: IndexVerification, index_under_test: Any, name: str
) -> None:
    index_under_test.apply(name, Changes(99, [], NOTHING))
    assert_repaired(verification, Kind.AHEAD)
    assert index_under_test.applied(name) == 3


def test_part_that_is_behind_settles_by_itself_or_is_caught_up(
    verification: IndexVerification,
    index_under_test: Any,
    catalog_under_test: Any,
    collection: Collection,
) -> None:
    view = collection.view
    first = catalog_under_test.feed.changes(replace(view, revision=1), 0, 100)
    fill(index_under_test, view.index_name, first)
    (finding,) = verification.look()
    assert (finding.kind, finding.count, finding.open) == (Kind.BEHIND, 2, False)
    assert_repaired(verification, Kind.BEHIND)
    assert index_under_test.applied(view.index_name) == 3


def test_killed_between_vectors_and_revision_is_only_behind(
    verification: IndexVerification,
    index_under_test: Any,
    catalog_under_test: Any,
    collection: Collection,
) -> None:
    view = collection.view
    changes = catalog_under_test.feed.changes(view, 0, 100)
    fill(index_under_test, view.index_name, replace(changes, upto=1))
    assert [each.kind for each in verification.look()] == [Kind.BEHIND]


def test_part_of_no_collection_is_dropped(
    verification: IndexVerification, index_under_test: Any, name: str, catalog_vector: Any
) -> None:
    other = View(77, 1, 1).index_name
    fill(index_under_test, other, Changes(1, ["x"], catalog_vector("x")[np.newaxis]))
    assert_repaired(verification, Kind.ORPHANED)
    assert index_under_test.names() == [name]


def test_chunk_that_no_search_finds_has_its_part_built_anew(
    catalog_under_test: Any, index_under_test: Any, name: str
) -> None:
    class Unreachable:
        """As a graph with a node that nothing leads to, until it is built anew."""

        broken = True

        def __getattr__(self, attribute: str) -> Any:
            return getattr(index_under_test, attribute)

        def search(self, part: str, *arguments: Any, **options: Any) -> list[tuple[str, float]]:
            found: list[tuple[str, float]] = index_under_test.search(part, *arguments, **options)
            return [each for each in found if not self.broken or each[0] != entry("delta")]

        def drop(self, part: str) -> None:
            self.broken = False
            index_under_test.drop(part)

    index: Any = Unreachable()
    verification = IndexVerification(catalog_under_test, index, lambda what, done: None)
    assert_repaired(verification, Kind.NOT_FOUND, entry("delta"))


def test_what_building_anew_does_not_mend_stays_open(
    catalog_under_test: Any, index_under_test: Any, name: str
) -> None:
    class Unreachable:
        """As a graph that is cut apart again each time it is built."""

        def __getattr__(self, attribute: str) -> Any:
            return getattr(index_under_test, attribute)

        def search(self, part: str, *arguments: Any, **options: Any) -> list[tuple[str, float]]:
            found: list[tuple[str, float]] = index_under_test.search(part, *arguments, **options)
            return [each for each in found if each[0] != entry("delta")]

    index: Any = Unreachable()
    verification = IndexVerification(catalog_under_test, index, lambda what, done: None)
    (finding,) = verification.repair()
    assert (finding.kind, finding.examples) == (Kind.NOT_FOUND, (entry("delta"),))
    assert finding.open


def test_an_entry_beside_many_equals_counts_as_found(
    catalog_under_test: Any, index_under_test: Any, name: str, catalog_vector: Any
) -> None:
    """A search for its vector may as well name those: which of them is not to be told."""
    equals = [f"{n:064x}" for n in range(40)]
    vectors = np.repeat(catalog_vector("delta")[np.newaxis], len(equals), axis=0)
    index_under_test.apply(name, Changes(3, equals, vectors))
    verification = IndexVerification(catalog_under_test, index_under_test, lambda what, done: None)
    assert [each.kind for each in verification.look()] == [Kind.SUPERFLUOUS]
