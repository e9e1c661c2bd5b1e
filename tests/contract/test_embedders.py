"""What every embedder promises."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag_server.core.documents import Passage
from rag_server.core.protocols import Embedder
from rag_server.core.values import Span
from rag_server.embedders import EMBEDDERS
from tests.embedders import HashingEmbedder

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ragrpc"
PASSAGES = [
    Passage("Leave", "Staff get 25 days. Ask early.", (Span(0, 18), Span(19, 29))),
    Passage("", "Caf\u00e9s open at nine.", (Span(0, 20),)),
    Passage("Title", "\u65e5\u672c\u8a9e\u3002 \U0001f600", (Span(0, 12), Span(13, 17))),
    Passage("No sentences", "Text", ()),
    Passage("word " * 300, "word " * 400, (Span(0, 4), Span(1_900, 1_904))),
]


@pytest.fixture(params=[*EMBEDDERS, "hashing"], scope="module")
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "hashing":
        return HashingEmbedder()
    return EMBEDDERS[request.param](CACHE)


@pytest.mark.parametrize("text", ["a", "How many days?", "\u65e5\u672c", "\x00", "word " * 5_000])
def test_a_question_of_any_length_is_a_unit_vector(embedder: Embedder, text: str) -> None:
    vector = embedder.embed_query(text)
    assert vector.shape == (embedder.dimension,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_passages_are_embedded_in_order(embedder: Embedder) -> None:
    together = embedder.embed_passages(PASSAGES)
    alone = [embedder.embed_passages([each])[0] for each in PASSAGES]
    assert [each.vector.tolist() for each in together] == [each.vector.tolist() for each in alone]
    assert [each.sentences.tolist() for each in together] == [
        each.sentences.tolist() for each in alone
    ]


def test_a_passage_has_a_unit_vector_and_one_of_bytes_per_sentence(embedder: Embedder) -> None:
    for passage, embedding in zip(PASSAGES, embedder.embed_passages(PASSAGES), strict=True):
        assert float(np.linalg.norm(embedding.vector)) == pytest.approx(1.0, abs=1e-5)
        assert embedding.vector.shape == (embedder.dimension,)
        assert embedding.vector.dtype == np.float32
        assert embedding.sentences.shape == (len(passage.sentences), embedder.dimension)
        assert embedding.sentences.dtype == np.int8


def test_no_passages_have_no_embeddings(embedder: Embedder) -> None:
    assert embedder.embed_passages([]) == []


def test_threads_do_not_disturb_each_other(embedder: Embedder) -> None:
    questions = [f"question {number} " * number for number in range(1, 13)]
    expected = [embedder.embed_query(each).tolist() for each in questions]
    with ThreadPoolExecutor(4) as pool:
        assert [each.tolist() for each in pool.map(embedder.embed_query, questions)] == expected


def test_token_offsets_are_character_ranges_of_the_whole_text(embedder: Embedder) -> None:
    text = "Caf\u00e9 " * 1_000
    assert embedder.token_offsets(text) == [(5 * i, 5 * i + 4) for i in range(1_000)]
