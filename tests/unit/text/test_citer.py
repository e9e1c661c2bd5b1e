import numpy as np
import pytest

from rag_server.core.documents import Sentences, StoredChunk
from rag_server.core.protocols import Support
from rag_server.core.retrieval import Hit
from rag_server.core.values import Span
from rag_server.text.citer import LexicalCiter
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import sentences


def hit(text: str) -> Hit:
    spans = ByteOffsets(text).spans(sentences(text))
    vectors = np.zeros((len(spans), 4), dtype=np.int8)
    span = Span(0, len(text.encode()))
    chunk = StoredChunk(1, "c", "d", 0, span, text, 1, "", {})
    return Hit(chunk, 1.0, (), sentences=Sentences(spans, vectors))


def cited(found: Support | None, hits: list[Hit]) -> tuple[int, str, float]:
    assert found is not None
    encoded = hits[found.hit_index].chunk.text.encode()
    return found.hit_index, found.span.of(encoded).decode(), found.score


@pytest.fixture
def citer() -> LexicalCiter:
    return LexicalCiter()


HITS = [
    hit("Caf\u00e9s open at nine. They close at dusk."),
    hit("Every member of the staff gets 25 days of vacation. Unused days expire in March."),
    hit("Caf\u00e9s open at nine. Every member of the staff gets 25 days of vacation."),
]


def test_a_quote_is_found_in_the_best_ranked_hit(citer: LexicalCiter) -> None:
    found = citer.cite("Every member of the staff gets 25 days of vacation.", HITS)
    assert cited(found, HITS) == (1, "Every member of the staff gets 25 days of vacation.", 1.0)


def test_a_quote_at_the_beginning_of_a_sentence_is_preferred(citer: LexicalCiter) -> None:
    hits = [hit("He said: days expire. Days pass; days expire in May. days expire.")]
    assert Support(0, Span(53, 65), 1.0) == citer.cite("days expire.", hits)


def test_a_part_of_a_word_is_no_quote(citer: LexicalCiter) -> None:
    assert citer.cite("safe", [hit("It is unsafe.")]) is None


def test_a_paraphrase_is_cited_from_the_sentence_with_its_words(citer: LexicalCiter) -> None:
    index, text, score = cited(citer.cite("The staff gets 25 vacation days.", HITS), HITS)
    assert (index, text) == (1, "Every member of the staff gets 25 days of vacation.")
    assert 0.45 <= score < 1.0


def test_spans_are_in_bytes(citer: LexicalCiter) -> None:
    assert cited(citer.cite("They close at dusk.", HITS), HITS) == (0, "They close at dusk.", 1.0)


def test_a_marker_names_the_hit_to_cite(citer: LexicalCiter) -> None:
    found = citer.cite("Every member of the staff gets 25 days of vacation [3].", HITS)
    assert cited(found, HITS) == (2, "Every member of the staff gets 25 days of vacation.", 1.0)


@pytest.mark.parametrize("marker", ["[1]", "[9]", "[0]", "[1][9]"])
def test_a_marker_that_is_wrong_is_passed_over(citer: LexicalCiter, marker: str) -> None:
    found = citer.cite(f"Unused days expire in March. {marker}", HITS)
    assert cited(found, HITS) == (1, "Unused days expire in March.", 1.0)


def test_the_number_of_a_list_item_is_no_part_of_the_statement(citer: LexicalCiter) -> None:
    found = citer.cite("7. Unused days expire in March.", HITS)
    assert cited(found, HITS) == (1, "Unused days expire in March.", 1.0)


def test_a_wrong_number_is_never_cited(citer: LexicalCiter) -> None:
    assert citer.cite("Every member of the staff gets 30 days of vacation.", HITS) is None


@pytest.mark.parametrize("filler", [" ", "[1", "[1, ", "\u0301\u0327"])
def test_an_endless_statement_is_read(citer: LexicalCiter, filler: str) -> None:
    # In quadratic time a run of blanks or of combining marks would take minutes.
    statement = f"Pigeons{filler * (400_000 // len(filler))}fly"
    assert citer.cite(statement, HITS) is None


def test_a_marker_goes_with_the_blanks_before_it(citer: LexicalCiter) -> None:
    found = citer.cite("Unused days \t[2] [2] expire in March.", HITS)
    assert cited(found, HITS) == (1, "Unused days expire in March.", 1.0)


@pytest.mark.parametrize("statement", ["", "It is.", "[1]", "Pigeons fly south in autumn."])
def test_what_nothing_supports_is_not_cited(citer: LexicalCiter, statement: str) -> None:
    assert citer.cite(statement, HITS) is None


def test_nothing_is_cited_from_no_hits(citer: LexicalCiter) -> None:
    assert citer.cite("Staff get 25 days.", []) is None


def test_statements_are_sentences_in_bytes_without_mere_marks(citer: LexicalCiter) -> None:
    text = "Caf\u00e9s open. [1]\n\n---\n\nThey close"
    encoded = text.encode()
    assert [each.of(encoded).decode() for each in citer.statements(text)] == [
        "Caf\u00e9s open. [1]",
        "They close",
    ]
