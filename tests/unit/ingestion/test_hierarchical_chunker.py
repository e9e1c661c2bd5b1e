from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.core.values import Span
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.hierarchical import HierarchicalChunker
from tests.embedders import HashingEmbedder

TOKENS = HashingEmbedder().token_offsets
SENTENCE = "Seven words and a period make eight. "


def chunk(text: str, max_tokens: int, parent_tokens: int) -> list[Piece]:
    chunker = HierarchicalChunker(Budget(TOKENS, max_tokens), parent_tokens)
    return chunker.chunk(text, ContentType.PLAIN, "")


def test_a_text_that_fits_is_one_parent_of_several_pieces() -> None:
    text = (SENTENCE * 20).strip()
    pieces = chunk(text, 64, 400)
    assert len(pieces) == 3
    assert {piece.parent for piece in pieces} == {Span(0, len(text))}


def test_parents_may_be_larger_than_the_embedder_sees() -> None:
    text = (SENTENCE * 400).strip()
    parents = {piece.parent for piece in chunk(text, 100, 800)}
    assert len(parents) == 4


def test_a_section_is_a_parent_where_it_is_of_a_fair_size() -> None:
    one, two = (f"# Head\n\n{SENTENCE * 30}".strip() for _ in range(2))
    parents = sorted({piece.parent for piece in chunk(f"{one}\n\n{two}", 64, 300) if piece.parent})
    assert parents == [Span(0, len(one)), Span(len(one) + 2, 2 * len(one) + 2)]


def test_the_fingerprint_tells_the_size_of_parents() -> None:
    made = {HierarchicalChunker(Budget(TOKENS), size).fingerprint for size in (400, 800)}
    assert len(made) == 2
