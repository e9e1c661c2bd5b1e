import pytest

from rag_server.core.content import ContentType
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.recursive import RecursiveChunker
from tests.embedders import HashingEmbedder

TOKENS = HashingEmbedder().token_offsets
SENTENCE = "Seven words and a period make eight. "


def chunk(text: str, title: str = "", **parameters: int) -> list[str]:
    pieces = RecursiveChunker(Budget(TOKENS, **parameters)).chunk(text, ContentType.MARKDOWN, title)
    return [piece.span.of(text.encode()).decode() for piece in pieces]


def paragraph(sentences: int) -> str:
    return (SENTENCE * sentences).strip()


def test_neighbouring_paragraphs_share_a_piece_up_to_the_budget() -> None:
    small = [paragraph(8)] * 7
    assert chunk("\n\n".join(small)) == ["\n\n".join(small[:3]), "\n\n".join(small[3:6]), small[6]]


def test_a_paragraph_is_kept_whole_where_the_piece_before_has_a_fair_size() -> None:
    assert chunk(f"{paragraph(15)}\n\n{paragraph(15)}") == [paragraph(15)] * 2


def test_a_paragraph_fills_up_a_piece_that_would_stay_small() -> None:
    first, second = chunk(f"{paragraph(2)}\n\n{paragraph(36)}")
    assert (first, second) == (f"{paragraph(2)}\n\n{paragraph(23)}", paragraph(13))


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    assert chunk(paragraph(65)) == [paragraph(25), paragraph(25), paragraph(15)]


def test_a_small_rest_shares_with_the_piece_before() -> None:
    assert chunk(paragraph(60)) == [paragraph(25), paragraph(17), paragraph(18)]
    assert chunk(f"{paragraph(2)}\n\n{paragraph(25)}") == [
        f"{paragraph(2)}\n\n{paragraph(11)}",
        paragraph(14),
    ]


def test_a_small_paragraph_of_its_own_stays_one() -> None:
    assert chunk(f"{paragraph(20)}\n\n{paragraph(6)}") == [paragraph(20), paragraph(6)]


def test_a_heading_stays_with_its_text_when_a_rest_is_shared() -> None:
    text = f"{paragraph(12)}\n\n# Leave\n\n{paragraph(30)}"
    *_, before, last = chunk(text)
    assert before.startswith("# Leave")
    assert abs(before.count("Seven") - last.count("Seven")) <= 1


def test_a_long_sentence_is_cut_between_words() -> None:
    assert chunk("word " * 450) == [("word " * count).strip() for count in (200, 200, 50)]


def test_an_endless_run_is_cut_between_characters() -> None:
    assert [len(each) for each in chunk("x" * 450)] == [200, 200, 50]


def test_a_section_begins_a_new_piece() -> None:
    one, two = f"# One\n\n{paragraph(8)}", f"# Two\n\n{paragraph(8)}"
    assert chunk(f"{one}\n\n{two}") == [one, two]


def test_small_sections_share_a_piece() -> None:
    text = f"# One\n\n{paragraph(1)}\n\n# Two\n\n{paragraph(1)}"
    assert chunk(text) == [text]


def test_a_heading_stays_with_what_follows_it() -> None:
    sentence = "word " * 180 + "end."
    text = f"{paragraph(5)}\n\n## Next\n\n{sentence}"
    assert chunk(text) == [paragraph(5), f"## Next\n\n{sentence}"]


def test_code_that_fits_is_kept_whole() -> None:
    code = "```\n" + "call()\n" * 60 + "```"
    assert chunk(f"{paragraph(4)}\n\n{code}", max_tokens=200)[-1] == code


def test_code_that_does_not_fit_is_cut_between_lines() -> None:
    code = "```\n" + "call(now)\n" * 100 + "```"
    pieces = chunk(code)
    assert len(pieces) > 1
    assert all(piece.endswith(("call(now)", "```")) for piece in pieces)


@pytest.mark.parametrize(
    ("title_words", "longest"), [(0, 200), (54, 200), (60, 194), (64, 190), (500, 190)]
)
def test_a_long_title_shrinks_pieces_until_it_is_itself_cut(title_words: int, longest: int) -> None:
    pieces = chunk("word " * 1_000, title="t " * title_words)
    assert max(len(piece.split()) for piece in pieces) == longest


def test_pieces_never_shrink_below_64_tokens() -> None:
    pieces = chunk("word " * 1_000, title="t " * 300, title_tokens=250)
    assert max(len(piece.split()) for piece in pieces) == 64


def test_the_fingerprint_tells_parameters_apart() -> None:
    names = ("max_tokens", "window", "title_tokens")
    changed = [Budget(TOKENS, **{name: 100}) for name in names]
    assert len({RecursiveChunker(each).fingerprint for each in [Budget(TOKENS), *changed]}) == 4
