from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from rag_server.core.documents import Collection, GenerationSettings, NewDocument, Vector, View
from rag_server.core.protocols import Catalog
from tests.contract.conftest import entry

Draw = Callable[..., NewDocument]
NEVER_ENDING = 1_000


@pytest.fixture
def catalog(catalog_under_test: Catalog) -> Catalog:
    return catalog_under_test


@pytest.fixture
def docs(catalog: Catalog) -> Collection:
    return catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))


def newest(catalog: Catalog) -> View:
    return catalog.collections.get("acme", "docs").view


def entries(words: str) -> list[str]:
    return [entry(word) for word in words.split()]


def dead(catalog: Catalog, view: View, before: datetime) -> list[str]:
    return sorted(each for some in catalog.feed.dead(view, before) for each in some)


def test_changes_are_the_entries_of_the_chunks_created_in_the_stretch(
    catalog: Catalog,
    docs: Collection,
    catalog_document: Draw,
    catalog_vector: Callable[[str], Vector],
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    catalog.documents.write(docs, [catalog_document("b", "three")])
    changes = catalog.feed.changes(newest(catalog), 0, NEVER_ENDING)
    assert (changes.upto, changes.ids) == (2, entries("one two three"))
    assert changes.vectors.dtype == np.float32
    expected = np.stack([catalog_vector(word) for word in ("one", "two", "three")])
    np.testing.assert_array_equal(changes.vectors, expected)
    assert catalog.feed.changes(newest(catalog), 1, NEVER_ENDING).ids == entries("three")


def test_changes_come_in_whole_revisions(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    for doc, text in [("a", "1 2 3"), ("b", "4"), ("c", "5"), ("d", "1 2")]:
        catalog.documents.write(docs, [catalog_document(doc, text)])
    view, after, stretches = newest(catalog), 0, []
    while after < view.revision:
        changes = catalog.feed.changes(view, after, 2)
        stretches.append((changes.upto, len(changes.ids)))
        after = changes.upto
    assert stretches == [(1, 3), (3, 2), (4, 2)]


def test_changes_end_at_the_view(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one")])
    view = newest(catalog)
    catalog.documents.write(docs, [catalog_document("b", "two")])
    changes = catalog.feed.changes(view, 0, NEVER_ENDING)
    assert (changes.upto, changes.ids) == (1, entries("one"))


def test_an_entry_is_listed_once_however_many_chunks_it_stands_for(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    same = [catalog_document("a", "one three"), catalog_document("b", "three two")]
    catalog.documents.write(docs, same)
    changes = catalog.feed.changes(newest(catalog), 0, NEVER_ENDING)
    assert changes.ids == entries("one two three")
    assert len(changes.vectors) == 3


def test_deletions_move_the_feed_without_chunks(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a")])
    catalog.documents.delete(docs, ["a"])
    changes = catalog.feed.changes(newest(catalog), 1, NEVER_ENDING)
    assert (changes.upto, changes.ids, len(changes.vectors)) == (2, [], 0)


def test_an_entry_is_dead_when_its_last_chunk_is(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    replaced_at = catalog_clock.pass_seconds(10)
    catalog.documents.write(docs, [catalog_document("a", "one three")])
    deleted_at = catalog_clock.pass_seconds(10)
    catalog.documents.delete(docs, ["a"])
    later = catalog_clock.pass_seconds(10)
    view = newest(catalog)
    assert dead(catalog, view, replaced_at) == []
    assert dead(catalog, view, deleted_at) == entries("two")
    assert dead(catalog, view, later) == sorted(entries("one two three"))


def test_an_entry_that_another_chunk_needs_is_not_dead(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    both = [catalog_document("a", "one two"), catalog_document("b", "two three")]
    catalog.documents.write(docs, both)
    catalog.documents.delete(docs, ["a"])
    first = catalog_clock.pass_seconds(10)
    catalog.documents.delete(docs, ["b"])
    view = newest(catalog)
    assert dead(catalog, view, first) == entries("one")
    # What was deleted later than that is still read by some.
    second = catalog_clock.pass_seconds(10)
    assert dead(catalog, view, second) == sorted(entries("one two three"))
    catalog.documents.write(docs, [catalog_document("c", "two")])
    assert dead(catalog, newest(catalog), second) == sorted(entries("one three"))


def test_the_dead_come_a_few_hundred_at_a_time_however_many_were_deleted_at_once(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    words = " ".join(f"word{n}" for n in range(1_300))
    catalog.documents.write(docs, [catalog_document("a", words)])
    catalog.documents.delete(docs, ["a"])
    slices = list(catalog.feed.dead(newest(catalog), catalog_clock.pass_seconds(1)))
    assert [len(each) for each in slices] == [500, 500, 300]
    assert sorted(each for some in slices for each in some) == sorted(entries(words))


def test_the_living_are_those_that_a_live_chunk_refers_to(
    catalog: Catalog,
    docs: Collection,
    catalog_document: Draw,
    catalog_vector: Callable[[str], Vector],
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    catalog.documents.write(docs, [catalog_document("a", "two"), catalog_document("b", "three")])
    asked = [*entries("one two three four"), "no key"]
    living = catalog.feed.living(newest(catalog), asked)
    assert (living.upto, sorted(living.ids)) == (0, sorted(entries("two three")))
    held = dict(zip(living.ids, living.vectors, strict=True))
    np.testing.assert_array_equal(held[entry("two")], catalog_vector("two"))
    # "two" lives on, as a chunk that was created later.
    assert catalog.feed.living(newest(catalog), asked, 1).ids == []


def test_purge_removes_what_was_deleted_before_and_nothing_else(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two"), catalog_document("b", "x")])
    first = newest(catalog)
    catalog.documents.write(docs, [catalog_document("a", "one three")])
    cut = catalog_clock.pass_seconds(10)
    catalog.documents.delete(docs, ["b"])
    view = newest(catalog)
    assert catalog.feed.purge(view, cut) == 2
    assert catalog.feed.purge(view, cut) == 0
    assert dead(catalog, view, cut) == []
    assert set(catalog.chunks.visible(first, ["a:one", "a:two", "b:x"])) == {"b:x"}
    assert catalog.documents.get(first, "a") is None
    stored = catalog.documents.get(view, "a")
    assert stored is not None
    assert stored.text == "one three"


def test_purge_keeps_the_embeddings_that_others_use(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two"), catalog_document("b", "one")])
    catalog.documents.delete(docs, ["a"])
    catalog.feed.purge(newest(catalog), catalog_clock.pass_seconds(1))
    one, two = (chunk.key for chunk in catalog_document("a", "one two").chunks)
    assert catalog.embeddings.known([one, two]).keys() == {one}


def test_purge_of_nothing_writes_nothing(
    catalog: Catalog,
    docs: Collection,
    catalog_document: Draw,
    catalog_clock: Any,
    catalog_points: Any,
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one")])
    view = newest(catalog)
    catalog_points.seen.clear()
    assert catalog.feed.purge(view, catalog_clock.pass_seconds(1)) == 0
    assert catalog_points.seen == []


def test_purge_of_more_than_one_slice(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    ids = [f"d{n}" for n in range(600)]
    catalog.documents.write(docs, [catalog_document(doc, "one two") for doc in ids])
    catalog.documents.delete(docs, ids)
    assert catalog.feed.purge(newest(catalog), catalog_clock.pass_seconds(1)) == 1_200
    assert catalog.feed.changes(newest(catalog), 0, NEVER_ENDING).ids == []


def test_dropped_collection_is_listed_after_its_time_until_forgotten(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    document = catalog_document("a", "one")
    catalog.documents.write(docs, [document])
    view = newest(catalog)
    deleted_at = catalog_clock.now
    catalog.collections.delete("acme", "docs")
    later = catalog_clock.pass_seconds(1)
    assert catalog.feed.dropped(deleted_at) == []
    assert catalog.feed.dropped(later) == [view]
    catalog.feed.forget(view)
    assert catalog.feed.dropped(later) == []
    assert catalog.chunks.visible(view, ["a:one"]) == {}
    assert catalog.documents.get(view, "a") is None
    assert catalog.embeddings.known([document.chunks[0].key]) == {}


def test_forget_leaves_live_collections_alone(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one")])
    view = newest(catalog)
    catalog.feed.forget(view)
    assert set(catalog.chunks.visible(view, ["a:one"])) == {"a:one"}
    assert newest(catalog) == view
