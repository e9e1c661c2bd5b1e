from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.documents import (
    Collection,
    GenerationSettings,
    Known,
    NewDocument,
    OutcomeKind,
)
from rag_server.core.errors import NotFound, RagError, Reason
from rag_server.core.protocols import Catalog
from rag_server.core.values import Metadata, Value

Draw = Callable[..., NewDocument]
CREATED, UPDATED, UNCHANGED = OutcomeKind.CREATED, OutcomeKind.UPDATED, OutcomeKind.UNCHANGED


@pytest.fixture
def catalog(catalog_under_test: Catalog) -> Catalog:
    return catalog_under_test


@pytest.fixture
def docs(catalog: Catalog) -> Collection:
    return catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))


def newest(catalog: Catalog) -> Collection:
    return catalog.collections.get("acme", "docs")


def test_written_document_is_read_back_whole(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    text = "Grüße 你好 🙂 end"
    commit = catalog.documents.write(docs, [catalog_document("ä", text, "Grüße", {"year": 2026})])
    stored = catalog.documents.get(newest(catalog).view, "ä")
    assert commit.kinds == [CREATED]
    assert stored is not None
    assert (stored.text, stored.title, stored.metadata) == (text, "Grüße", {"year": 2026})
    assert (stored.revision, stored.updated_at) == (1, catalog_clock.now)
    assert (stored.chunk_count, stored.size_bytes) == (4, len(text.encode()))


def test_any_character_comes_back(catalog: Catalog, catalog_document: Draw) -> None:
    strange = "a\0b \x01 \ufffe \U0010ffff"
    docs = catalog.collections.create("acme", "docs", strange, GenerationSettings("minilm"))
    drawn = catalog_document("a", strange, strange, {strange: strange})
    plain = [replace(chunk, id=f"c{chunk.ordinal}") for chunk in drawn.chunks]
    catalog.documents.write(docs, [replace(drawn, chunks=plain)])
    view = newest(catalog).view
    stored = catalog.documents.get(view, "a")
    chunks = catalog.reader.of_document(view, "a", -1, 9)
    assert newest(catalog).description == strange
    assert stored is not None
    assert (stored.text, stored.title, stored.metadata) == (strange, strange, {strange: strange})
    assert chunks is not None
    assert [(chunk.text, chunk.title) for chunk in chunks] == [
        (word, strange) for word in strange.split()
    ]


def test_one_write_is_one_revision_and_tells_each_outcome(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    first = catalog.documents.write(docs, [catalog_document("a"), catalog_document("b")])
    second = catalog.documents.write(
        docs, [catalog_document("a", "new"), catalog_document("b"), catalog_document("c")]
    )
    assert (first.revision, first.kinds) == (1, [CREATED, CREATED])
    assert (second.revision, second.kinds) == (2, [UPDATED, UNCHANGED, CREATED])


def test_write_that_changes_nothing_moves_no_revision(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_clock: Any
) -> None:
    catalog.documents.write(docs, [catalog_document("a")])
    before = catalog.documents.get(newest(catalog).view, "a")
    catalog_clock.pass_seconds(60)
    again = catalog.documents.write(docs, [catalog_document("a")])
    assert (again.revision, again.kinds) == (1, [UNCHANGED])
    assert catalog.documents.get(newest(catalog).view, "a") == before


def test_of_one_id_written_twice_at_once_the_last_stays(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    twice = [catalog_document("a", "first try"), catalog_document("a", "second")]
    assert catalog.documents.write(docs, twice).kinds == [CREATED, UPDATED]
    view = newest(catalog).view
    stored = catalog.documents.get(view, "a")
    assert stored is not None
    assert stored.text == "second"
    assert catalog.chunks.count(view) == 1


def test_delete_names_what_was_there_in_the_order_asked(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document(doc) for doc in "abc"])
    commit = catalog.documents.delete(docs, ["c", "nope", "a", "c"])
    assert (commit.revision, list(commit.deleted)) == (2, ["c", "a"])
    assert [each.id for each in catalog.documents.page(newest(catalog).view, "", 10)] == ["b"]


def test_delete_of_unknown_ids_moves_no_revision(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a")])
    commit = catalog.documents.delete(docs, ["nope"])
    assert (commit.revision, list(commit.deleted)) == (1, [])


def test_deleted_document_can_come_back(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a")])
    catalog.documents.delete(docs, ["a"])
    assert catalog.documents.write(docs, [catalog_document("a")]).kinds == [CREATED]
    assert set(catalog.chunks.visible(newest(catalog).view, ["a:alpha", "a:beta"])) == {
        "a:alpha",
        "a:beta",
    }


def test_deleted_collection_takes_no_writes(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.collections.delete("acme", "docs")
    with pytest.raises(NotFound) as caught:
        catalog.documents.write(docs, [catalog_document("a")])
    assert caught.value.reason == Reason.COLLECTION_NOT_FOUND
    with pytest.raises(NotFound) as caught:
        catalog.documents.delete(docs, ["a"])
    assert caught.value.reason == Reason.COLLECTION_NOT_FOUND


def test_failed_write_leaves_nothing_behind(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    good = catalog_document("a", "alpha beta")
    contradictory = replace(good, id="b", chunks=[good.chunks[0], good.chunks[0]])
    with pytest.raises(RagError) as caught:
        catalog.documents.write(docs, [good, contradictory])
    assert caught.value.reason == Reason.INTERNAL
    assert "alpha" not in str(caught.value)
    assert newest(catalog).revision == 0
    assert catalog.documents.page(docs.view, "", 10) == []
    assert catalog.embeddings.known([good.chunks[0].key]) == {}


def made(document: NewDocument) -> Known:
    return Known(document.fingerprint, document.recipe, len(document.chunks))


def test_known_is_what_the_view_was_made_from(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    old, new = catalog_document("a", "one two"), catalog_document("a", "three")
    catalog.documents.write(docs, [old])
    before = newest(catalog).view
    catalog.documents.write(docs, [new])
    assert catalog.documents.known(before, ["a", "b"]) == {"a": made(old)}
    assert catalog.documents.known(newest(catalog).view, ["a"]) == {"a": made(new)}
    assert catalog.documents.known(before, []) == {}


def test_more_ids_than_one_statement_takes(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    ids = [f"{n:04}" for n in range(1_100)]
    catalog.documents.write(docs, [catalog_document(doc, "word") for doc in ids])
    view = newest(catalog).view
    assert catalog.documents.known(view, ids).keys() == set(ids)
    assert len(catalog.chunks.visible(view, [f"{doc}:word" for doc in ids])) == 1_100
    assert list(catalog.documents.delete(docs, ids).deleted) == ids
    assert catalog.chunks.count(newest(catalog).view) == 0


def test_page_ascends_by_the_bytes_of_the_id_and_leaves_the_text_out(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    ids = ["b", "B", "a", "ä", "10", "9", "🙂", "\ufffd"]
    catalog.documents.write(docs, [catalog_document(doc, "some text") for doc in ids])
    view, after, listed = newest(catalog).view, "", []
    while page := catalog.documents.page(view, after, 3):
        listed += page
        after = page[-1].id
    assert [each.id for each in listed] == sorted(ids, key=str.encode)
    assert {each.text for each in listed} == {""}
    assert {each.size_bytes for each in listed} == {9}


def test_writes_from_many_threads_all_arrive(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    ids = [f"d{n}" for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        commits = list(
            threads.map(lambda doc: catalog.documents.write(docs, [catalog_document(doc)]), ids)
        )
    assert sorted(commit.revision for commit in commits) == list(range(1, 41))
    assert {each.id for each in catalog.documents.page(newest(catalog).view, "", 100)} == set(ids)


def test_write_passes_its_three_points(
    catalog: Catalog, docs: Collection, catalog_document: Draw, catalog_points: Any
) -> None:
    catalog_points.seen.clear()
    catalog.documents.write(docs, [catalog_document("a")])
    assert catalog_points.seen == ["commit.begin", "commit.inside", "commit.durable"]


def test_acknowledged_write_is_there_after_a_restart(
    catalog_opener: Callable[[], Any], catalog_document: Draw
) -> None:
    first = catalog_opener()
    docs = first.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    first.documents.write(docs, [catalog_document("a", "one two")])
    first.close()
    second = catalog_opener()
    view = second.collections.get("acme", "docs").view
    stored = second.documents.get(view, "a")
    second.close()
    assert stored is not None
    assert (view.revision, stored.text) == (1, "one two")


def test_two_open_catalogs_see_each_others_commits(
    catalog_opener: Callable[[], Any], catalog_document: Draw
) -> None:
    one, two = catalog_opener(), catalog_opener()
    docs = one.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    commits = [
        each.documents.write(docs, [catalog_document(doc)])
        for doc, each in [("a", one), ("b", two), ("c", one)]
    ]
    seen = [each.collections.get("acme", "docs").revision for each in (one, two)]
    one.close()
    two.close()
    assert [commit.revision for commit in commits] == [1, 2, 3]
    assert seen == [3, 3]


INT64 = st.integers(-(2**63), 2**63 - 1)
INSTANTS = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
    min_value=datetime(2, 1, 1),
    max_value=datetime(9998, 1, 1),
).map(lambda instant: instant.replace(fold=0))
FLOATS = st.floats(allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.booleans(),
    INT64,
    FLOATS,
    TEXTS,
    INSTANTS,
    st.lists(TEXTS).map(tuple),
    st.lists(INT64).map(tuple),
    st.lists(FLOATS).map(tuple),
)


@settings(
    max_examples=40,
    deadline=None,
    # Every example writes the same document anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(metadata=st.dictionaries(TEXTS, VALUES, max_size=5))
def test_metadata_comes_back_exactly(
    catalog_under_test: Catalog, catalog_document: Draw, metadata: Metadata
) -> None:
    catalog = catalog_under_test
    if not catalog.collections.views():
        catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    docs = newest(catalog)
    catalog.documents.delete(docs, ["a"])
    catalog.documents.write(docs, [catalog_document("a", metadata=metadata)])
    view = newest(catalog).view
    stored = catalog.documents.get(view, "a")
    row, _ = catalog.chunks.visible(view, ["a:alpha"])["a:alpha"]
    assert stored is not None
    for found in (stored.metadata, catalog.chunks.read([row])[row].metadata):
        assert typed(found) == typed(metadata)


def typed(metadata: Metadata) -> list[tuple[str, str]]:
    """Values with their types: repr tells 1 from 1.0 and from True, and -0.0 from 0.0."""
    return [
        (field, repr(value.astimezone(UTC) if isinstance(value, datetime) else value))
        for field, value in metadata.items()
    ]
