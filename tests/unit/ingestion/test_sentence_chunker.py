import pytest

from rag_server.core.content import ContentType
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.sentence import SentenceChunker
from tests.embedders import HashingEmbedder

TOKENS = HashingEmbedder().token_offsets
# Eight tokens each.
SENTENCES = [f"Sentence {n} has eight of them." for n in range(100, 109)]
TEXT = " ".join(SENTENCES)


def chunk(text: str, max_tokens: int, overlap: int = 0) -> list[str]:
    chunker = SentenceChunker(Budget(TOKENS, max_tokens), overlap)
    pieces = chunker.chunk(text, ContentType.PLAIN, "")
    return [piece.span.of(text.encode()).decode() for piece in pieces]


def test_pieces_are_runs_of_whole_sentences() -> None:
    assert chunk(TEXT, 30) == [" ".join(SENTENCES[n : n + 4]) for n in (0, 4, 8)]


def test_structure_does_not_matter() -> None:
    text = f"# {SENTENCES[0]}\n\n{SENTENCES[1]}\n\n- {SENTENCES[2]}"
    assert chunk(text, 200) == [text]


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_a_piece_begins_with_the_last_sentences_of_the_one_before(overlap: int) -> None:
    starts = range(0, 9 - overlap, 4 - overlap)
    assert chunk(TEXT, 30, overlap) == [" ".join(SENTENCES[n : n + 4]) for n in starts]


def test_what_is_shared_leaves_room_for_a_new_sentence() -> None:
    long = "A " + "word " * 20 + "sentence."
    text = f"{SENTENCES[0]} {SENTENCES[1]} {long}"
    assert chunk(text, 30, 2) == [f"{SENTENCES[0]} {SENTENCES[1]}", f"{SENTENCES[1]} {long}"]


def test_a_sentence_over_the_budget_is_cut() -> None:
    assert max(len(each.split()) for each in chunk("word " * 100, 30)) == 30


def test_the_fingerprint_tells_the_overlap() -> None:
    made = {SentenceChunker(Budget(TOKENS), overlap).fingerprint for overlap in (0, 1)}
    assert len(made) == 2
