"""Vectors that documents have in fields, on every catalog, and exact search over them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rag_server.core.call import Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import (
    Collection,
    GenerationSettings,
    NewDocument,
    NewVector,
    VectorField,
    View,
)
from rag_server.core.errors import DeadlineExceeded
from rag_server.core.protocols import Catalog
from rag_server.core.values import Span
from rag_server.indexes.fields.index import ExactFields
from rag_server.testing.words import DIMENSION, vector_of
from tests.contract.conftest import Clock, Sketch

IMAGE = Modality.IMAGE
SETTINGS = GenerationSettings("minilm", fields=(VectorField(IMAGE, "histogram-1"),))


@pytest.fixture
def docs(catalog_under_test: Catalog) -> Collection:
    return catalog_under_test.collections.create("acme", "docs", "", SETTINGS)


def seen(name: str, *looks: str, text: str = "alpha beta") -> NewDocument:
    """A document with a vector for each look, at the beginning of each word."""
    drawn = Sketch(name, text, title=" ".join(looks)).drawn()
    chunks = drawn.chunks[: len(looks)]
    vectors = [
        NewVector(IMAGE, chunk.span, f"look {look}".encode(), vector_of(look))
        for chunk, look in zip(chunks, looks, strict=True)
    ]
    return replace(drawn, fingerprint=repr((text, looks)).encode(), vectors=vectors)


def view(catalog: Catalog) -> View:
    return catalog.collections.get("acme", "docs").view


def ids(catalog: Catalog, at: View, found: list[tuple[int, int, float]]) -> list[str]:
    places = {each.document: each for each in catalog.fields.places(at, [row for row, *_ in found])}
    return [places[row].chunk_id.partition(":")[0] for row, *_ in found]


@pytest.fixture(params=[0, 2**20], ids=["nothing in memory", "all in memory"])
def nearest(
    request: pytest.FixtureRequest, catalog_under_test: Catalog
) -> Callable[[View, str, int], list[str]]:
    """Ids of the documents nearest to a look."""
    index = ExactFields(catalog_under_test.fields, request.param)

    def asked(at: View, look: str, limit: int = 10) -> list[str]:
        documents = catalog_under_test.fields.visible(at)
        vector = vector_of(look)
        found = index.nearest(at, IMAGE, vector, documents, limit, Deadline(10))
        return ids(catalog_under_test, at, found)

    return asked


def test_fields_of_a_collection_are_kept(catalog_under_test: Catalog, docs: Collection) -> None:
    assert catalog_under_test.collections.get("acme", "docs").settings == SETTINGS
    assert catalog_under_test.collections.settings(docs.view) == SETTINGS


def test_vectors_come_by_whole_revisions(catalog_under_test: Catalog, docs: Collection) -> None:
    for n in range(3):
        some = [seen(f"d{n}", f"look{n}"), seen(f"e{n}", f"look{n}", "other")]
        catalog_under_test.documents.write(docs, some)
    at = view(catalog_under_test)
    first = catalog_under_test.fields.created(at, IMAGE, DIMENSION, 0, 2)
    assert (first.upto, len(first.documents)) == (1, 3)
    assert first.vectors.dtype == np.float32
    rest = catalog_under_test.fields.created(at, IMAGE, DIMENSION, 1, 100)
    assert (rest.upto, len(rest.documents)) == (3, 6)
    assert np.allclose(rest.vectors[0], vector_of("look1"))
    for other in (Modality.TEXT, IMAGE):
        dimension = DIMENSION if other is Modality.TEXT else DIMENSION + 1
        assert len(catalog_under_test.fields.created(at, other, dimension, 0, 9).documents) == 0


def test_embeddings_of_fields_are_known(catalog_under_test: Catalog, docs: Collection) -> None:
    catalog_under_test.documents.write(docs, [seen("a", "red")])
    known = catalog_under_test.embeddings.known([b"look red"])[b"look red"]
    assert np.allclose(known.vector, vector_of("red"))
    assert known.sentences.shape == (0, DIMENSION)


def test_the_nearest_are_those_that_the_view_sees(
    catalog_under_test: Catalog, docs: Collection, nearest: Callable[..., list[str]]
) -> None:
    write = catalog_under_test.documents.write
    write(docs, [seen("a", "red"), seen("b", "green"), Sketch("text").drawn()])
    before = view(catalog_under_test)
    assert nearest(before, "red", 1) == ["a"]
    write(docs, [seen("b", "red"), seen("c", "blue")])
    catalog_under_test.documents.delete(docs, ["a"])
    after = view(catalog_under_test)
    assert nearest(after, "red", 1) == ["b"]
    assert sorted(nearest(after, "blue")) == ["b", "c"]
    assert sorted(nearest(before, "blue")) == ["a", "b"]


def test_those_that_are_as_near_as_the_last_come_along(
    catalog_under_test: Catalog, docs: Collection, nearest: Callable[..., list[str]]
) -> None:
    twins = [seen(f"d{n}", "red") for n in range(5)]
    catalog_under_test.documents.write(docs, [*twins, seen("x", "green")])
    assert len(nearest(view(catalog_under_test), "red", 2)) == 5


def test_an_old_view_sees_what_was_forgotten_meanwhile(
    catalog_under_test: Catalog, docs: Collection
) -> None:
    index = ExactFields(catalog_under_test.fields, 2**20)
    some = [seen(f"d{n}", f"look{n}") for n in range(600)]
    catalog_under_test.documents.write(docs, some)
    old = view(catalog_under_test)
    catalog_under_test.documents.write(docs, [replace(each, fingerprint=b"2") for each in some])

    def found(at: View) -> int:
        documents = catalog_under_test.fields.visible(at)
        return len(index.nearest(at, IMAGE, vector_of("x"), documents, 1_000, Deadline(60)))

    assert (found(view(catalog_under_test)), found(old)) == (600, 600)
    with pytest.raises(DeadlineExceeded):
        index.nearest(old, IMAGE, vector_of("x"), np.arange(1), 1, Deadline(0))


def test_vectors_go_for_good_with_their_document(
    catalog_under_test: Catalog, docs: Collection, catalog_clock: Clock
) -> None:
    catalog_under_test.documents.write(docs, [seen("a", "red"), seen("b", "red", "green")])
    catalog_under_test.documents.delete(docs, ["b"])
    later = catalog_clock.pass_seconds(10)
    at = view(catalog_under_test)
    catalog_under_test.feed.purge(at, later)
    assert len(catalog_under_test.fields.created(at, IMAGE, DIMENSION, 0, 9).documents) == 1
    keys = [b"look red", b"look green"]
    assert set(catalog_under_test.embeddings.known(keys)) == {b"look red"}
    catalog_under_test.collections.delete("acme", "docs")
    catalog_under_test.feed.forget(at)
    assert catalog_under_test.embeddings.known(keys) == {}


def test_a_span_within_the_text_is_at_its_chunk(
    catalog_under_test: Catalog, docs: Collection
) -> None:
    catalog_under_test.documents.write(docs, [seen("a", "red", "green")])
    at = view(catalog_under_test)
    found = catalog_under_test.fields.created(at, IMAGE, DIMENSION, 0, 9)
    places = catalog_under_test.fields.places(at, found.documents.tolist())
    assert [(each.chunk_id, each.span) for each in places] == [
        ("a:alpha", Span(0, 5)),
        ("a:beta", Span(6, 10)),
    ]
    assert found.starts.tolist() == [0, 6]
    rows = catalog_under_test.fields.documents_of([each.row for each in places])
    assert rows.tolist() == [places[0].document]
