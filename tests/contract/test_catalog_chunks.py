from collections.abc import Callable

import numpy as np
import pytest

from rag_server.core.call import Deadline
from rag_server.core.documents import Collection, GenerationSettings, NewDocument, Vector, View
from rag_server.core.filters import AllOf, Comparison, Filter, Negated, Operator
from rag_server.core.protocols import Catalog
from rag_server.core.values import Span
from tests.contract.conftest import entry

Draw = Callable[..., NewDocument]


@pytest.fixture
def catalog(catalog_under_test: Catalog) -> Catalog:
    return catalog_under_test


@pytest.fixture
def docs(catalog: Catalog) -> Collection:
    return catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))


@pytest.fixture
def view(catalog: Catalog, docs: Collection, catalog_document: Draw) -> View:
    """Revision 1 holds a and b, revision 2 changes a, revision 3 deletes b and adds c."""
    catalog.documents.write(
        docs,
        [
            catalog_document("a", "one two", metadata={"year": 2024, "tags": ("x", "y")}),
            catalog_document("b", "one", metadata={"year": 2025}),
        ],
    )
    catalog.documents.write(docs, [catalog_document("a", "one three", metadata={"year": 2026})])
    catalog.documents.write(docs, [catalog_document("c", "four")])
    catalog.documents.delete(docs, ["b"])
    return catalog.collections.get("acme", "docs").view


def at(view: View, revision: int) -> View:
    return View(view.collection_id, view.generation, revision)


def chunk_ids(catalog: Catalog, view: View) -> set[str]:
    every = ["a:one", "a:two", "a:three", "b:one", "c:four", "d:nope"]
    return set(catalog.chunks.visible(view, every))


def test_every_view_sees_its_own_revision(catalog: Catalog, view: View) -> None:
    assert [chunk_ids(catalog, at(view, revision)) for revision in range(5)] == [
        set(),
        {"a:one", "a:two", "b:one"},
        {"a:one", "a:three", "b:one"},
        {"a:one", "a:three", "b:one", "c:four"},
        {"a:one", "a:three", "c:four"},
    ]


def test_other_generation_or_collection_sees_nothing(catalog: Catalog, view: View) -> None:
    other = catalog.collections.create("acme", "other", "", GenerationSettings("minilm"))
    assert chunk_ids(catalog, View(view.collection_id, 2, view.revision)) == set()
    assert chunk_ids(catalog, at(other.view, view.revision)) == set()


def test_nothing_asked_is_nothing_found(catalog: Catalog, view: View) -> None:
    assert catalog.chunks.visible(view, []) == {}
    assert catalog.chunks.read([]) == {}
    assert catalog.chunks.read_visible(view, []) == {}
    assert catalog.chunks.sentences([]) == {}


def test_unchanged_chunk_belongs_to_the_version_of_the_view(catalog: Catalog, view: View) -> None:
    old_row, old_document = catalog.chunks.visible(at(view, 1), ["a:one"])["a:one"]
    new_row, new_document = catalog.chunks.visible(view, ["a:one"])["a:one"]
    assert old_document != new_document
    read = catalog.chunks.read([old_row, new_row])
    assert catalog.chunks.read_visible(view, ["a:one", "nowhere"]) == {"a:one": read[new_row]}
    assert catalog.chunks.read_visible(at(view, 1), ["a:one"]) == {"a:one": read[old_row]}
    assert read[old_row].metadata == {"year": 2024, "tags": ("x", "y")}
    assert read[new_row].metadata == {"year": 2026}


def test_an_entry_stands_for_all_visible_chunks_of_its_embedding(
    catalog: Catalog, view: View
) -> None:
    asked = [entry(word) for word in ("one", "two", "four", "nowhere")] + ["no key"]

    def seen(revision: int, each: int = 9) -> dict[str, list[str]]:
        rows = catalog.chunks.of_entries(at(view, revision), asked, each)
        return {key: [chunk_id for _, chunk_id in some] for key, some in rows.items() if some}

    one, two, four = asked[:3]
    assert seen(1) == {one: ["a:one", "b:one"], two: ["a:two"]}
    assert seen(1, each=1) == {one: ["a:one"], two: ["a:two"]}
    assert seen(4) == {one: ["a:one"], four: ["c:four"]}
    other = View(view.collection_id, 2, view.revision)
    assert catalog.chunks.of_entries(other, asked, 9) == {}


def test_of_an_entry_only_chunks_of_the_documents_asked_for_are_named(
    catalog: Catalog, view: View
) -> None:
    ((_, document),) = catalog.chunks.visible(at(view, 1), ["b:one"]).values()
    ((_, chunk_id),) = catalog.chunks.of_entries(at(view, 1), [entry("one")], 9, {document})[
        entry("one")
    ]
    assert chunk_id == "b:one"


def test_of_an_entry_with_thousands_of_chunks_the_first_are_named(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    ids = [f"d{n:04}" for n in range(2_100)]
    catalog.documents.write(docs, [catalog_document(each, "same") for each in ids])
    catalog.documents.write(docs, [catalog_document("x", "alone")])
    catalog.documents.delete(docs, ids[:2])
    now = catalog.collections.get("acme", "docs").view
    asked = [entry("alone"), entry("same")]
    first = [f"d{n:04}:same" for n in range(2, 5)]
    found = catalog.chunks.of_entries(now, asked, 3)
    assert [chunk_id for _, chunk_id in found[entry("same")]] == first
    assert [chunk_id for _, chunk_id in found[entry("alone")]] == ["x:alone"]
    last, document = catalog.chunks.visible(now, ["d2099:same"])["d2099:same"]
    rows = catalog.chunks.of_entries(now, asked, 3, {document})
    assert rows[entry("same")] == [(last, "d2099:same")]
    assert rows.get(entry("alone"), []) == []


def test_chunk_is_read_with_all_that_a_hit_needs(
    catalog: Catalog, view: View, catalog_vector: Callable[[str], Vector]
) -> None:
    ((row, _),) = catalog.chunks.visible(view, ["a:three"]).values()
    chunk = catalog.chunks.read([row])[row]
    assert (chunk.id, chunk.document_id, chunk.ordinal) == ("a:three", "a", 1)
    assert (chunk.text, chunk.span, chunk.tokens, chunk.title) == ("three", Span(4, 9), 1, "Title")
    sentences = catalog.chunks.sentences([row])[row]
    assert sentences.spans == (Span(0, 5),)
    assert sentences.vectors.dtype == np.int8
    expected = (catalog_vector("three")[np.newaxis] * 127).astype(np.int8)
    np.testing.assert_array_equal(sentences.vectors, expected)


def test_unknown_rows_are_left_out(catalog: Catalog, view: View) -> None:
    assert catalog.chunks.read([10_000]) == {}


def test_filter_is_evaluated_on_the_visible_versions(catalog: Catalog, view: View) -> None:
    def found(filter: Filter, revision: int) -> set[str]:
        documents = catalog.chunks.matching(at(view, revision), filter, Deadline(30.0))
        rows, _ = catalog.chunks.vectors(at(view, revision), documents=documents)
        return {chunk_id for _, chunk_id in rows}

    recent = Comparison("year", Operator.GREATER_OR_EQUAL, 2025)
    tagged = Comparison("tags", Operator.CONTAINS, "x")
    assert found(recent, 1) == {"b:one"}
    assert found(recent, 4) == {"a:one", "a:three"}
    assert found(tagged, 1) == {"a:one", "a:two"}
    assert found(tagged, 4) == set()
    assert found(Negated(recent), 4) == {"c:four"}
    assert found(AllOf((recent, tagged)), 1) == set()


def test_vectors_are_those_of_the_rows_named(
    catalog: Catalog, view: View, catalog_vector: Callable[[str], Vector]
) -> None:
    rows, matrix = catalog.chunks.vectors(view)
    words = [chunk_id.split(":")[1] for _, chunk_id in rows]
    assert sorted(words) == ["four", "one", "three"]
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, np.stack([catalog_vector(word) for word in words]))
    texts = {row: chunk.text for row, chunk in catalog.chunks.read([r for r, _ in rows]).items()}
    assert [texts[row] for row, _ in rows] == words


def test_vectors_since_a_revision_are_the_unapplied_tail(catalog: Catalog, view: View) -> None:
    tails = [
        {chunk_id for _, chunk_id in catalog.chunks.vectors(view, since=since)[0]}
        for since in range(5)
    ]
    newer = {"a:one", "a:three", "c:four"}
    assert tails == [newer, newer, {"c:four"}, set(), set()]


def test_no_vectors_are_an_empty_matrix(catalog: Catalog, view: View) -> None:
    for rows, matrix in (
        catalog.chunks.vectors(view, documents=set()),
        catalog.chunks.vectors(view, since=view.revision),
    ):
        assert rows == []
        assert len(matrix) == 0


@pytest.mark.parametrize("since", [0, 2])
@pytest.mark.parametrize("year", [None, 2025, 3000])
def test_count_says_how_many_vectors_there_are(
    catalog: Catalog, view: View, since: int, year: int | None
) -> None:
    recent = Comparison("year", Operator.GREATER_OR_EQUAL, year or 0)
    documents = None if year is None else catalog.chunks.matching(view, recent, Deadline(30.0))
    rows, matrix = catalog.chunks.vectors(view, since=since, documents=documents)
    assert catalog.chunks.count(view, since=since, documents=documents) == len(rows) == len(matrix)


def test_chunks_of_a_document_come_in_pages(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "w0 w1 w2 w3 w4")])
    view = catalog.collections.get("acme", "docs").view
    pages = [catalog.reader.of_document(view, "a", after, 2) for after in (-1, 1, 3, 4)]
    assert [[chunk.text for chunk in page or []] for page in pages] == [
        ["w0", "w1"],
        ["w2", "w3"],
        ["w4"],
        [],
    ]


def test_chunks_of_a_document_are_those_of_the_view(catalog: Catalog, view: View) -> None:
    seen = [catalog.reader.of_document(at(view, revision), "a", -1, 9) for revision in (0, 1, 2)]
    texts = [None if chunks is None else [chunk.text for chunk in chunks] for chunks in seen]
    assert texts == [None, ["one", "two"], ["one", "three"]]
    assert catalog.reader.of_document(view, "b", -1, 9) is None


def test_document_without_chunks_is_known(
    catalog: Catalog, docs: Collection, catalog_document: Draw
) -> None:
    catalog.documents.write(docs, [catalog_document("blank", " ")])
    view = catalog.collections.get("acme", "docs").view
    assert catalog.reader.of_document(view, "blank", -1, 9) == []


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(0, 6), "Grü".encode() + b"\xc3\x9f"[:2]),
        (Span(8, 100), "你".encode()),
        (Span(100, 200), b""),
        (Span(3, 3), b""),
        (Span(5, 2), b""),
    ],
)
def test_text_is_cut_by_bytes(
    catalog: Catalog, docs: Collection, catalog_document: Draw, span: Span, expected: bytes
) -> None:
    catalog.documents.write(docs, [catalog_document("a", "Grüße 你")])
    view = catalog.collections.get("acme", "docs").view
    assert catalog.reader.text(view, "a", span) == expected


def test_text_of_unknown_document_is_empty(catalog: Catalog, view: View) -> None:
    assert catalog.reader.text(view, "b", Span(0, 3)) == b""
    assert catalog.reader.text(at(view, 1), "b", Span(0, 3)) == b"one"


def test_embeddings_are_known_by_key(
    catalog: Catalog, view: View, catalog_document: Draw, catalog_vector: Callable[[str], Vector]
) -> None:
    (chunk,) = catalog_document("z", "four").chunks
    known = catalog.embeddings.known([chunk.key, b"unknown"])
    assert known.keys() == {chunk.key}
    np.testing.assert_array_equal(known[chunk.key].vector, catalog_vector("four"))
    np.testing.assert_array_equal(known[chunk.key].sentences, chunk.embedding.sentences)
