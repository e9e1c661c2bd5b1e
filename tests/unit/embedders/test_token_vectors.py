import os
from pathlib import Path

import numpy as np
import pytest

from rag_server.core.documents import Passage
from rag_server.core.protocols import Embedder, TokenEmbedder, Tokenising
from rag_server.core.values import Span
from rag_server.embedders.minilm import load_minilm
from rag_server.embedders.reduction import reduced

PASSAGE = Passage("Cats", "Cats purr. Eels swim.", (Span(0, 10), Span(11, 21)))
QUESTION = "Which animal purrs?"


CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ragrpc"


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return load_minilm(CACHE)


@pytest.fixture
def keeping(minilm: Embedder) -> TokenEmbedder:
    assert isinstance(minilm, Tokenising)
    return minilm.with_tokens()


def test_the_vectors_are_those_of_the_model(minilm: Embedder, keeping: TokenEmbedder) -> None:
    (plain,), (kept,) = minilm.embed_passages([PASSAGE]), keeping.embed_passages([PASSAGE])
    assert np.array_equal(kept.vector, plain.vector)
    assert np.array_equal(kept.sentences, plain.sentences)
    assert plain.tokens is None
    vector, _ = keeping.embed_query_tokens(QUESTION)
    assert np.array_equal(vector, minilm.embed_query(QUESTION))
    assert keeping.fingerprint != minilm.fingerprint
    assert keeping.name == f"{minilm.name}+tokens"


def test_there_is_a_unit_vector_for_every_token(keeping: TokenEmbedder) -> None:
    (kept,) = keeping.embed_passages([PASSAGE])
    assert kept.tokens is not None
    texts = (PASSAGE.title, PASSAGE.text)
    assert kept.tokens.shape == (sum(len(keeping.token_offsets(text)) for text in texts), 96)
    lengths = np.linalg.norm(kept.tokens.astype(np.float32), axis=1)
    assert lengths == pytest.approx(127.0, rel=0.01)
    _, asked = keeping.embed_query_tokens(QUESTION)
    assert asked.shape == (len(keeping.token_offsets(QUESTION)), 96)


def test_a_text_without_tokens_has_none(keeping: TokenEmbedder) -> None:
    assert keeping.embed_query_tokens("")[1].shape == (0, 96)


def test_reduction_keeps_cosines_about_as_they_are() -> None:
    drawn = np.random.default_rng(0).standard_normal((200, 384)).astype(np.float32)
    drawn += 2.0 * drawn[::-1]
    units = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    small = reduced(drawn).astype(np.float32) / 127.0
    off = np.abs(small @ small.T - units @ units.T)
    # The standard deviation of what 96 random directions say of a cosine is 0.1 at most.
    assert off.mean() < 0.1
    assert np.array_equal(reduced(drawn), reduced(drawn.copy()))


def test_nothing_is_reduced_to_nothing() -> None:
    assert not reduced(np.zeros((2, 384), np.float32)).any()
