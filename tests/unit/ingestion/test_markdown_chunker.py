from rag_server.core.content import ContentType
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.markdown import MarkdownChunker
from tests.embedders import HashingEmbedder

TOKENS = HashingEmbedder().token_offsets
SENTENCE = "Seven words and a period make eight. "


def chunk(text: str, max_tokens: int = 200) -> list[tuple[str, str]]:
    pieces = MarkdownChunker(Budget(TOKENS, max_tokens)).chunk(text, ContentType.MARKDOWN, "")
    return [(piece.heading, piece.span.of(text.encode()).decode()) for piece in pieces]


def texts(text: str, max_tokens: int = 200) -> list[str]:
    return [own for _, own in chunk(text, max_tokens)]


def paragraph(sentences: int) -> str:
    return (SENTENCE * sentences).strip()


def test_a_piece_never_reaches_over_a_heading_and_knows_its_path() -> None:
    text = "# Guide\n\nOne.\n\n## Install\n\nTwo.\n\n### Linux\n\nThree.\n\n## Use\n\nFour.\n"
    assert chunk(text) == [
        ("Guide", "# Guide\n\nOne."),
        ("Guide > Install", "## Install\n\nTwo."),
        ("Guide > Install > Linux", "### Linux\n\nThree."),
        ("Guide > Use", "## Use\n\nFour."),
    ]


def test_the_rest_of_a_long_section_stands_under_its_heading_too() -> None:
    assert [heading for heading, _ in chunk(f"# One\n\n{paragraph(60)}")] == ["One"] * 3


def test_text_before_the_first_heading_stands_under_none() -> None:
    assert chunk("Before.\n\n# One\n\nText.")[0] == ("", "Before.")


def test_a_heading_without_text_stands_at_the_beginning_of_the_next_section() -> None:
    assert chunk("# One\n\n## Two\n\nText.") == [("One > Two", "# One\n\n## Two\n\nText.")]
    assert chunk("Text.\n\n# Last") == [("", "Text."), ("Last", "# Last")]


def test_a_skipped_level_leaves_no_hole_in_the_path() -> None:
    assert chunk("# One\n\n#### Four\n\nText.\n\n## Two\n\nText.")[-1][0] == "One > Two"


def test_underlined_headings_and_markup_in_headings() -> None:
    text = "The *first*\n===\n\nText.\n\n## The [second](x.md) ##\n\nText."
    assert [heading for heading, _ in chunk(text)] == ["The first", "The first > The second"]


def test_hashes_in_fenced_code_are_no_headings() -> None:
    text = "# One\n\n```sh\n# a comment\nls\n```\n"
    assert chunk(text) == [("One", text.strip())]


def test_a_list_that_fits_is_kept_whole_and_else_cut_between_items() -> None:
    items = [f"- item {n} {'word ' * 16}".strip() for n in range(8)]
    short, long = "\n".join(items[:4]), "\n".join(items)
    assert texts(f"{paragraph(4)}\n\n{short}", 96) == [paragraph(4), short]
    assert texts(long, 64) == ["\n".join(items[n : n + 3]) for n in (0, 3, 6)]


def test_paragraphs_and_code_of_an_item_belong_to_the_list() -> None:
    text = f"- {paragraph(4)}\n\n  {paragraph(3)}\n\n  ```\n  code\n  ```\n- {paragraph(2)}"
    assert texts(f"{paragraph(8)}\n\n{text}", 100) == [paragraph(8), text]


def test_a_table_that_fits_is_kept_whole_and_else_cut_between_rows() -> None:
    rows = ["| a | b |", "| --- | --- |", *(f"| {n} | {'word ' * 8}|" for n in range(8))]
    table = "\n".join(rows)
    assert texts(f"{paragraph(8)}\n\n{table}", 140) == [paragraph(8), table]
    cut = texts(table, 64)
    assert len(cut) > 1
    assert "\n".join(cut) == table
    assert all(piece.startswith("|") and piece.endswith("|") for piece in cut)


def test_fenced_code_is_kept_whole_and_else_cut_between_lines() -> None:
    code = "```\n" + "call(now)\n" * 20 + "```"
    assert texts(f"{paragraph(8)}\n\n{code}", 120)[-1] == code
    assert all(piece.endswith(("call(now)", "```")) for piece in texts(code, 32))


def test_front_matter_is_no_heading() -> None:
    text = "---\ntitle: A\nowner: b\n---\n\nText.\n\n# One\n\nText."
    assert chunk(text) == [("", "---\ntitle: A\nowner: b\n---\n\nText."), ("One", "# One\n\nText.")]


def test_any_kind_of_line_ending_will_do() -> None:
    text = "# One\r\n\r\nText.\r\n\r\n## Two\r\n\r\n- a\r\n- b\r\n"
    assert chunk(text) == [
        ("One", "# One\r\n\r\nText."),
        ("One > Two", "## Two\r\n\r\n- a\r\n- b"),
    ]
