from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rag_server.core.documents import Collection, GenerationSettings, NewDocument, Vector, View
from rag_server.core.protocols import Catalog

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


def test_changes_are_the_chunks_created_in_the_stretch(
    catalog: Catalog,
    docs: Collection,
    catalog_document: Draw,
    catalog_vector: Callable[[str], Vector],
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    catalog.documents.write(docs, [catalog_document("b", "three")])
    changes = catalog.feed.changes(newest(catalog), 0, NEVER_ENDING)
    assert (changes.upto, changes.ids) == (2, ["a:one", "a:two", "b:three"])
    assert changes.vectors.dtype == np.float32
    expected = np.stack([catalog_vector(word) for word in ("one", "two", "three")])
    np.testing.assert_array_equal(changes.vectors, expected)
    assert catalog.feed.changes(newest(catalog), 1, NEVER_ENDING).ids == ["b:three"]


def test_changes_come_in_whole_revisions(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    for doc, text in [("a", "1 2 3"), ("b", "1"), ("c", "1"), ("d", "1 2")]:
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
    assert (changes.upto, changes.ids) == (1, ["a:one"])


def test_chunk_that_lived_on_is_listed_once(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    catalog.documents.write(docs, [catalog_document("a", "one three")])
    changes = catalog.feed.changes(newest(catalog), 0, NEVER_ENDING)
    assert sorted(changes.ids) == ["a:one", "a:three", "a:two"]
    assert len(changes.vectors) == 3


def test_deletions_move_the_feed_without_chunks(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a")])
    catalog.documents.delete(docs, ["a"])
    changes = catalog.feed.changes(newest(catalog), 1, NEVER_ENDING)
    assert (changes.upto, changes.ids, len(changes.vectors)) == (2, [], 0)


def test_chunk_is_dead_when_its_last_version_is(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "one two")])
    replaced_at = catalog_clock.pass_seconds(10)
    catalog.documents.write(docs, [catalog_document("a", "one three")])
    deleted_at = catalog_clock.pass_seconds(10)
    catalog.documents.delete(docs, ["a"])
    later = catalog_clock.pass_seconds(10)
    view = newest(catalog)
    assert catalog.feed.dead(view, replaced_at) == []
    assert catalog.feed.dead(view, deleted_at) == ["a:two"]
    assert sorted(catalog.feed.dead(view, later)) == ["a:one", "a:three", "a:two"]


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
    assert catalog.feed.dead(view, cut) == []
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
