"""Words find images where the image embedder knows words, and tables by what they hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import (
    GenerationSettings,
    NewChunk,
    NewDocument,
    NewVector,
    Vector,
    VectorField,
    View,
)
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Catalog, ImageEmbedder, Search
from rag_server.core.question import AskedQuestion, Encoded, Encoder
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MultimodalSpec, WeightedFieldSpec
from rag_server.core.values import Span
from rag_server.indexes.fields.index import ExactFields
from rag_server.retrievers.multimodal import MultimodalRetriever
from rag_server.retrievers.multimodal.field import FieldSearch
from rag_server.retrievers.visibility import Visibility
from rag_server.testing.words import DIMENSION, vector_of
from tests.contract.conftest import Sketch

FIELD = VectorField(Modality.IMAGE, "worded")
TABLES = VectorField(Modality.TABLE, "minilm")
SPEC = MultimodalSpec((WeightedFieldSpec(Modality.IMAGE),))


class Worded:
    """Knows the words of its images."""

    name = fingerprint = "worded"
    dimension = DIMENSION

    def embed_image(self, image: NDArray[np.uint8]) -> Vector:
        raise AssertionError("nothing is shown")

    def embed_text(self, text: str) -> Vector:
        return vector_of(text)


class NoText:
    """The text is not searched."""

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        raise AssertionError("only the images are searched")

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError("only the images are searched")


class NotLoaded:
    """Nothing is in memory."""

    def view(self, view: View, deadline: Deadline) -> None:
        return None


class Nobody:
    """No other strategy is asked."""

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        raise AssertionError("only the images are searched")


@pytest.fixture
def view(catalog_under_test: Catalog) -> View:
    settings = GenerationSettings("minilm", fields=(FIELD,))
    docs = catalog_under_test.collections.create("acme", "docs", "", settings)
    for look in ("red", "green", "blue"):
        drawn = Sketch(look, "caption").drawn()
        span = drawn.chunks[0].span
        seen = NewVector(Modality.IMAGE, span, look.encode(), vector_of(look))
        catalog_under_test.documents.write(docs, [replace(drawn, vectors=[seen])])
    return catalog_under_test.collections.get("acme", "docs").view


def ask(catalog: Catalog, view: View, embedders: dict[str, ImageEmbedder]) -> list[Candidate]:
    index = ExactFields(catalog.fields, 2**20)
    field = FieldSearch(Visibility(catalog.chunks, NotLoaded()), catalog.fields, index)
    call = Call(ANONYMOUS, Deadline(10))
    question = AskedQuestion("green", NoText(), call)
    search = Search(view, question, 2, None, SPEC, fields=(FIELD,))
    return MultimodalRetriever(Nobody(), field, embedders, {}).retrieve(search, call)


def test_the_image_of_the_words_comes_first(catalog_under_test: Catalog, view: View) -> None:
    first, second = ask(catalog_under_test, view, {"worded": Worded()})
    assert first.chunk_id == "green:caption"
    assert [each.stage for each in first.stages] == ["image", "multimodal"]
    assert first.stages[0].score == pytest.approx(1.0, abs=1e-5)
    assert second.score <= first.score


def test_a_server_without_the_fields_model_says_so(catalog_under_test: Catalog, view: View) -> None:
    with pytest.raises(PreconditionFailed, match="worded") as caught:
        ask(catalog_under_test, view, {})
    assert caught.value.reason is Reason.EMBEDDER_MISMATCH


class WordsOf:
    """Encodes a question."""

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        return Encoded(vector_of(text)), False

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError("no text is searched")


def with_tables(catalog: Catalog, *documents: NewDocument) -> View:
    settings = GenerationSettings("minilm", fields=(TABLES,))
    held = catalog.collections.create("acme", "held", "", settings)
    catalog.documents.write(held, documents)
    return catalog.collections.get("acme", "held").view


def table(word: str, chunk: NewChunk) -> NewVector:
    return NewVector(Modality.TABLE, chunk.span, word.encode(), vector_of(word))


def tables(
    catalog: Catalog,
    view: View,
    *,
    limit: int = 2,
    embedder: str = "minilm",
    encoders: dict[str, Encoder] | None = None,
    among: Sequence[Candidate] | None = None,
    call: Call | None = None,
) -> list[Candidate]:
    index = ExactFields(catalog.fields, 2**20)
    field = FieldSearch(Visibility(catalog.chunks, NotLoaded()), catalog.fields, index)
    call = call or Call(ANONYMOUS, Deadline(10))
    question = AskedQuestion("green", WordsOf(), call)
    spec = MultimodalSpec((WeightedFieldSpec(Modality.TABLE),))
    search = Search(
        view, question, limit, None, spec, fields=(TABLES,), embedder=embedder, among=among
    )
    return MultimodalRetriever(Nobody(), field, {}, encoders or {}).retrieve(search, call)


def test_many_vectors_at_one_chunk_hide_no_others(catalog_under_test: Catalog) -> None:
    # Stretches of tables in one chunk, each nearer than that of the other document.
    crowded, other = (Sketch(each, "alpha beta").drawn() for each in ("crowded", "other"))
    first = crowded.chunks[0]
    nearer = [
        NewVector(Modality.TABLE, Span(n, first.span.end), b"green", vector_of("green"))
        for n in range(first.span.start, first.span.end)
    ]
    view = with_tables(
        catalog_under_test,
        replace(crowded, vectors=nearer),
        replace(other, vectors=[table("blue", other.chunks[1])]),
    )
    found = tables(catalog_under_test, view)
    assert [each.chunk_id for each in found] == ["crowded:alpha", "other:beta"]


def test_what_others_gave_is_scored_whole(catalog_under_test: Catalog) -> None:
    drawn = Sketch("a", "alpha beta gamma").drawn()
    words = zip(("green", "green", "blue"), drawn.chunks, strict=True)
    vectors = [replace(table(word, at), key=b"%d" % n) for n, (word, at) in enumerate(words)]
    view = with_tables(catalog_under_test, replace(drawn, vectors=vectors))
    far = next(e for e in tables(catalog_under_test, view, limit=3) if e.chunk_id == "a:gamma")
    (scored,) = tables(catalog_under_test, view, limit=1, among=[far])
    assert scored.chunk_id == "a:gamma"


def test_a_field_keeps_its_model_when_that_of_the_text_changes(catalog_under_test: Catalog) -> None:
    drawn = Sketch("a", "alpha").drawn()
    view = with_tables(
        catalog_under_test, replace(drawn, vectors=[table("green", drawn.chunks[0])])
    )
    call = Call(ANONYMOUS, Deadline(10))
    (found,) = tables(
        catalog_under_test, view, embedder="new", encoders={"minilm": WordsOf()}, call=call
    )
    assert found.stages[0].score == pytest.approx(1.0, abs=1e-5)
    assert call.usage.query_embeddings == 1
    with pytest.raises(PreconditionFailed, match="minilm") as caught:
        tables(catalog_under_test, view, embedder="new", encoders={"new": WordsOf()})
    assert caught.value.reason is Reason.EMBEDDER_MISMATCH
