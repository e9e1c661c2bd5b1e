"""Words find images where the image embedder knows words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import (
    GenerationSettings,
    NewVector,
    Vector,
    VectorField,
    View,
)
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Catalog, ImageEmbedder, Search
from rag_server.core.question import AskedQuestion, Encoded
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MultimodalSpec, WeightedFieldSpec
from rag_server.indexes.fields.index import ExactFields
from rag_server.retrievers.multimodal import MultimodalRetriever
from rag_server.retrievers.multimodal.field import FieldSearch
from rag_server.retrievers.visibility import Visibility
from tests.contract.conftest import DIMENSION, Sketch, vector_of

FIELD = VectorField(Modality.IMAGE, "worded")
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
    return MultimodalRetriever(Nobody(), field, embedders).retrieve(search, call)


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
