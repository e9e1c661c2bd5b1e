"""What every chunker promises, for any text."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.chunking import ChunkingSpec
from rag_server.core.documents import ContentType, Piece
from rag_server.core.protocols import Chunker
from rag_server.core.values import Span
from rag_server.embedders import EMBEDDERS
from rag_server.ingestion.chunkers import CHUNKERS, TokenOffsets
from tests.embedders import HashingEmbedder

CHARACTERS = st.characters(exclude_categories=["Cs"])
PARTS = [
    *("Some words make a sentence. ", "word ", "\n", "\n\n", "# Heading\n", "```\n", "- item\n"),
    *("| a | b |\n", "x" * 90, "\u65e5\u672c\u3002", "\u00e9", "\u0301", " " * 50, "===\n"),
    *("\t", "a.b", "***\n", "~~~\n", "\r", "\u2028", "\ud55c\uae00" * 9, "\u0e01\u0e33" * 20),
]
MIXTURES = st.lists(st.sampled_from(PARTS) | st.text(CHARACTERS), max_size=200).map("".join)
TEXTS = st.text(CHARACTERS) | MIXTURES
TOKENS = HashingEmbedder().token_offsets


@pytest.fixture(params=list(CHUNKERS))
def chunker(request: pytest.FixtureRequest) -> Chunker:
    return CHUNKERS[request.param](request.param(max_tokens=200), TOKENS)


def chunked(spec: type[ChunkingSpec], text: str) -> list[Piece]:
    return CHUNKERS[spec](spec(max_tokens=200), TOKENS).chunk(text, ContentType.MARKDOWN, "Title")


def visible(text: str) -> str:
    return "".join(text.split())


@given(text=TEXTS)
@pytest.mark.parametrize("spec", list(CHUNKERS))
def test_pieces_hold_every_visible_character_once_and_in_order(
    spec: type[ChunkingSpec], text: str
) -> None:
    encoded = text.encode()
    pieces = chunked(spec, text)
    assert all(left.span.end <= right.span.start for left, right in pairwise(pieces))
    assert visible(text) == "".join(visible(piece.span.of(encoded).decode()) for piece in pieces)


@given(text=TEXTS)
@pytest.mark.parametrize("spec", list(CHUNKERS))
def test_pieces_have_no_white_space_at_their_ends(spec: type[ChunkingSpec], text: str) -> None:
    texts = [piece.span.of(text.encode()).decode() for piece in chunked(spec, text)]
    assert all(texts)
    assert texts == [each.strip() for each in texts]


@given(text=TEXTS)
@pytest.mark.parametrize("spec", list(CHUNKERS))
def test_sentences_lie_in_their_piece_and_hold_its_visible_characters(
    spec: type[ChunkingSpec], text: str
) -> None:
    for piece in chunked(spec, text):
        own = piece.span.of(text.encode())
        assert all(left.end <= right.start for left, right in pairwise(piece.sentences))
        assert all(0 <= each.start < each.end <= len(own) for each in piece.sentences)
        sentences = [each.of(own).decode() for each in piece.sentences]
        assert visible(own.decode()) == visible("".join(sentences))


@given(text=TEXTS)
@pytest.mark.parametrize("spec", list(CHUNKERS))
def test_equal_texts_give_equal_pieces(spec: type[ChunkingSpec], text: str) -> None:
    assert chunked(spec, text) == chunked(spec, text)


@pytest.fixture(scope="module")
def model_tokens() -> TokenOffsets:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ragrpc"
    return EMBEDDERS["minilm"](cache).token_offsets


@given(text=TEXTS, title=st.sampled_from(["", "Title", "title " * 100]))
@pytest.mark.parametrize("spec", list(CHUNKERS))
def test_a_piece_fits_the_embedder_together_with_its_title(
    spec: type[ChunkingSpec], model_tokens: TokenOffsets, text: str, title: str
) -> None:
    window = 254 - min(len(model_tokens(title)), 64)
    chunker = CHUNKERS[spec](spec(max_tokens=200), model_tokens)
    for piece in chunker.chunk(text, ContentType.PLAIN, title):
        found = len(model_tokens(piece.span.of(text.encode()).decode()))
        assert piece.tokens <= window
        # The rest of a word that had to be cut can have a few tokens more by itself.
        assert found <= piece.tokens + 16


@pytest.mark.parametrize("text", ["", " ", "\n\u00a0\t"])
def test_blank_text_has_no_pieces(chunker: Chunker, text: str) -> None:
    assert chunker.chunk(text, ContentType.PLAIN, "Title") == []


def test_a_short_text_is_one_piece(chunker: Chunker) -> None:
    (piece,) = chunker.chunk(" One. Two. ", ContentType.PLAIN, "")
    assert (piece.span, piece.sentences) == (Span(1, 10), (Span(0, 4), Span(5, 9)))
