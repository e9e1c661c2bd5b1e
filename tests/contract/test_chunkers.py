"""What every chunker promises, for any text."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_server.core.chunking import (
    ChunkingSpec,
    CodeChunking,
    HierarchicalChunking,
    MarkdownChunking,
    RecursiveChunking,
    SentenceChunking,
    encode_chunking,
    strategy_of,
)
from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.core.values import Span
from rag_server.embedders import EMBEDDERS
from rag_server.ingestion.chunkers import CHUNKERS, TokenOffsets
from tests.embedders import HashingEmbedder

CHARACTERS = st.characters(exclude_categories=["Cs"])
PARTS = [
    *("Some words make a sentence. ", "word ", "\n", "\n\n", "# Heading\n", "```\n", "- item\n"),
    *("| a | b |\n", "x" * 90, "\u65e5\u672c\u3002", "\u00e9", "\u0301", " " * 50, "===\n"),
    *("def f(x):\n", "    return x\n", "class A {\n", "}\n", "f(1);\n", "// no\n", "template<T>\n"),
    *("\t", "a.b", "***\n", "~~~\n", "\r", "\u2028", "\ud55c\uae00" * 9, "\u0e01\u0e33" * 20),
]
MIXTURES = st.lists(st.sampled_from(PARTS) | st.text(CHARACTERS), max_size=200).map("".join)
TEXTS = st.text(CHARACTERS) | MIXTURES
TOKENS = HashingEmbedder().token_offsets
SPECS: list[ChunkingSpec] = [
    RecursiveChunking(),
    SentenceChunking(),
    MarkdownChunking(),
    HierarchicalChunking(),
    CodeChunking(language="python"),
    # So small that every text has several pieces.
    RecursiveChunking(16),
    SentenceChunking(16),
    MarkdownChunking(16),
    HierarchicalChunking(16, 48),
    CodeChunking(16, "python"),
    CodeChunking(16, "javascript"),
    CodeChunking(16, "cpp"),
    CodeChunking(16),
]
OVERLAPPING = [SentenceChunking(16, overlap=1), SentenceChunking(100, overlap=3)]
few = settings(max_examples=40)
of_each_spec = pytest.mark.parametrize("spec", [*SPECS, *OVERLAPPING], ids=encode_chunking)


def chunked(
    spec: ChunkingSpec, text: str, title: str = "Title", tokens: TokenOffsets = TOKENS
) -> list[Piece]:
    return CHUNKERS[type(spec)](spec, tokens).chunk(text, ContentType.PLAIN, title)


def visible(text: str) -> str:
    return "".join(text.split())


def test_every_strategy_is_held_to_the_contract() -> None:
    assert {type(spec) for spec in SPECS} == set(CHUNKERS)


@given(text=TEXTS)
@few
@pytest.mark.parametrize("spec", SPECS, ids=encode_chunking)
def test_pieces_hold_every_visible_character_once_and_in_order(
    spec: ChunkingSpec, text: str
) -> None:
    encoded = text.encode()
    pieces = chunked(spec, text)
    assert all(left.span.end <= right.span.start for left, right in pairwise(pieces))
    assert visible(text) == "".join(visible(piece.span.of(encoded).decode()) for piece in pieces)


@given(text=TEXTS)
@few
@of_each_spec
def test_pieces_have_no_white_space_at_their_ends(spec: ChunkingSpec, text: str) -> None:
    texts = [piece.span.of(text.encode()).decode() for piece in chunked(spec, text)]
    assert all(texts)
    assert texts == [each.strip() for each in texts]


@given(text=TEXTS)
@few
@of_each_spec
def test_sentences_lie_in_their_piece_and_hold_its_visible_characters(
    spec: ChunkingSpec, text: str
) -> None:
    for piece in chunked(spec, text):
        own = piece.span.of(text.encode())
        assert all(left.end <= right.start for left, right in pairwise(piece.sentences))
        assert all(0 <= each.start < each.end <= len(own) for each in piece.sentences)
        sentences = [each.of(own).decode() for each in piece.sentences]
        assert visible(own.decode()) == visible("".join(sentences))


@given(text=TEXTS)
@few
@of_each_spec
def test_equal_texts_give_equal_pieces(spec: ChunkingSpec, text: str) -> None:
    assert chunked(spec, text) == chunked(spec, text)


@pytest.fixture(scope="module")
def model_tokens() -> TokenOffsets:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ragrpc"
    return EMBEDDERS["minilm"](cache).token_offsets


@given(text=TEXTS, title=st.sampled_from(["", "Title", "title " * 100]))
@few
@of_each_spec
def test_a_piece_fits_the_embedder_together_with_its_title(
    spec: ChunkingSpec, model_tokens: TokenOffsets, text: str, title: str
) -> None:
    window = 254 - min(len(model_tokens(title)), 64)
    for piece in chunked(spec, text, title, model_tokens):
        found = len(model_tokens(piece.span.of(text.encode()).decode()))
        assert piece.tokens <= min(window, spec.max_tokens)
        # The rest of a word that had to be cut can have more tokens by itself, up to three
        # a character.
        assert found <= piece.tokens + 48


@given(text=TEXTS)
@few
@pytest.mark.parametrize("spec", OVERLAPPING, ids=encode_chunking)
def test_pieces_that_overlap_still_go_forward_and_leave_nothing_out(
    spec: ChunkingSpec, text: str
) -> None:
    encoded = text.encode()
    spans = [piece.span for piece in chunked(spec, text)]
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(spans))
    edges = [Span(0, 0), *spans]
    fresh = [encoded[max(a.end, b.start) : b.end] for a, b in pairwise(edges)]
    assert visible(text) == "".join(visible(each.decode()) for each in fresh)


@given(text=TEXTS)
@few
@pytest.mark.parametrize("spec", [HierarchicalChunking(16, 48), HierarchicalChunking()])
def test_parents_hold_their_pieces_and_are_apart(spec: HierarchicalChunking, text: str) -> None:
    parents: dict[Span, list[Piece]] = {}
    for piece in chunked(spec, text):
        assert piece.parent is not None
        parents.setdefault(piece.parent, []).append(piece)
    assert all(left.end <= right.start for left, right in pairwise(parents))
    for parent, children in parents.items():
        assert parent == Span(children[0].span.start, children[-1].span.end)
        assert sum(piece.tokens for piece in children) <= spec.parent_tokens


@pytest.mark.parametrize("text", ["", " ", "\n\u00a0\t"])
@of_each_spec
def test_blank_text_has_no_pieces(spec: ChunkingSpec, text: str) -> None:
    assert chunked(spec, text) == []


@of_each_spec
def test_a_short_text_is_one_piece(spec: ChunkingSpec) -> None:
    (piece,) = chunked(spec, " One two. ")
    assert (piece.span, piece.sentences) == (Span(1, 9), (Span(0, 8),))


HARD = {
    "one line": "word " * 20_000,
    "one word": "x" * 100_000,
    "carriage returns": "A line.\r\n" * 8_000,
    "headings": "# a\n" * 10_000,
    "deeper and deeper": "".join(f"{' ' * (n % 97)}- x\n" for n in range(4_000)),
    "fences": "```\n" * 20_000,
    "rows": "| a | b |\n" * 8_000,
    "brackets": "(" * 100_000,
    "blocks in blocks": "{\n" * 30_000,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
@pytest.mark.parametrize("spec", SPECS[:5], ids=strategy_of)
def test_hard_texts_take_no_longer_than_others(spec: ChunkingSpec, text: str) -> None:
    encoded, pieces = text.encode(), chunked(spec, text)
    assert visible(text) == "".join(visible(piece.span.of(encoded).decode()) for piece in pieces)
