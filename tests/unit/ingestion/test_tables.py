"""Where parsers say that tables are: each span holds exactly one."""

from io import BytesIO

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_server.core.content import ContentType, Parsed
from rag_server.ingestion.parsers import PARSERS

# Of letters alone, so that no format reads more into it; some of two bytes.
WORD = st.text("abcxyzäßé", min_size=1, max_size=6)


@st.composite
def grids(draw: st.DrawFn) -> list[list[str]]:
    """Rows of as many cells each, the first of them the header."""
    columns = draw(st.integers(2, 4))
    row = st.lists(WORD, min_size=columns, max_size=columns)
    return draw(st.lists(row, min_size=2, max_size=5))


# Prose, then a table, and so on.
DOCUMENTS = st.lists(st.tuples(WORD, grids()), min_size=1, max_size=4)


def parsed(kind: ContentType, content: str | bytes) -> Parsed:
    raw = content.encode() if isinstance(content, str) else content
    return PARSERS[kind].parse(raw)


def held(found: Parsed) -> list[tuple[str, str]]:
    """Header and rows of each table."""
    text = found.text.encode()
    return [
        (text[each.start : each.body].decode(), text[each.body : each.end].decode())
        for each in found.tables
    ]


def lines(rows: list[list[str]]) -> str:
    return "\n".join(map("\t".join, rows))


def pipes(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(each)} |" for each in rows)


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS)
def test_spans_of_markdown_hold_the_pipe_tables(
    document: list[tuple[str, list[list[str]]]],
) -> None:
    parts, wanted = [], []
    for prose, (header, *rows) in document:
        dashes = pipes([["---"] * len(header)])
        wanted.append((f"{pipes([header])}\n{dashes}\n", pipes(rows)))
        parts += [f"{prose}\n", "".join(wanted[-1]), "\n"]
    found = parsed(ContentType.MARKDOWN, "\n".join(parts))
    assert held(found) == wanted
    assert [each.caption for each in found.tables] == [prose for prose, _ in document]


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS, st.booleans())
def test_spans_of_html_hold_the_rows(
    document: list[tuple[str, list[list[str]]]], heads: bool
) -> None:
    page, wanted = "<h1>Page</h1>", []
    for prose, (header, *rows) in document:
        tag = "th" if heads else "td"
        cells = "".join(f"<{tag}>{each}</{tag}>" for each in header)
        body = "".join(f"<tr>{''.join(f'<td>{each}' for each in row)}" for row in rows)
        page += f"<p>text<table><caption>{prose}</caption><tr>{cells}</tr>{body}</table>"
        wanted.append((lines([header]) + "\n", lines(rows)))
    found = parsed(ContentType.HTML, page)
    assert held(found) == wanted
    assert [each.caption for each in found.tables] == [prose for prose, _ in document]


@settings(max_examples=8, deadline=None)
@given(DOCUMENTS)
def test_spans_of_word_hold_the_rows(document: list[tuple[str, list[list[str]]]]) -> None:
    made = docx.Document()
    for prose, rows in document:
        made.add_paragraph(prose)
        table = made.add_table(rows=len(rows), cols=len(rows[0]))
        for cells, row in zip(table.rows, rows, strict=True):
            for cell, word in zip(cells.cells, row, strict=True):
                cell.text = word
    file = BytesIO()
    made.save(file)
    found = parsed(ContentType.DOCX, file.getvalue())
    assert held(found) == [(lines(rows[:1]) + "\n", lines(rows[1:])) for _, rows in document]
    assert [each.caption for each in found.tables] == [prose for prose, _ in document]


@settings(max_examples=30, deadline=None)
@given(grids())
def test_all_of_a_csv_file_is_a_table(rows: list[list[str]]) -> None:
    found = parsed(ContentType.CSV, "\n".join(map(",".join, rows)))
    assert held(found) == [("", found.text)]
    assert found.text.count("\n\n") == len(rows) - 2


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (ContentType.MARKDOWN, "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```"),
        (ContentType.MARKDOWN, "| a | b |\n|---|---|\n\nNo rows."),
        (ContentType.MARKDOWN, "| a | b |\n|---|\n| 1 | 2 |"),
        (ContentType.MARKDOWN, "| a |\n|---|\n| 1 |"),
        (ContentType.MARKDOWN, "a or b\n---\nc | d"),
        (ContentType.HTML, "<table><tr><td>one<tr><td>two</table>"),
        (ContentType.HTML, "<table><tr><td>one<td>two</table>"),
        (ContentType.HTML, "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>"),
        (ContentType.HTML, "<table hidden><tr><td>a<td>b<tr><td>c<td>d</table>seen"),
        (ContentType.CSV, "name\nAda\nGrace"),
        (ContentType.CSV, "name,born"),
        (ContentType.PLAIN, "| a | b |\n|---|---|\n| 1 | 2 |"),
    ],
)
def test_what_is_no_table(kind: ContentType, content: str) -> None:
    assert parsed(kind, content).tables == ()


@pytest.mark.parametrize(
    ("content", "table"),
    [
        ("a | b\n--|:-:\n1 | 2", ("a | b\n--|:-:\n", "1 | 2")),
        ("|a|b\\|c|\r\n|-|-|\r\n|1|2|\r\n\r\nend", ("|a|b\\|c|\r\n|-|-|\r\n", "|1|2|")),
        ("|a|b|\n|-|-|\n|1|2|\n# Next", ("|a|b|\n|-|-|\n", "|1|2|")),
        ("|a|b|\n|-|-|\n|1|2|\n> said", ("|a|b|\n|-|-|\n", "|1|2|")),
    ],
)
def test_pipe_tables_as_people_write_them(content: str, table: tuple[str, str]) -> None:
    assert held(parsed(ContentType.MARKDOWN, content)) == [table]


@pytest.mark.parametrize(
    ("above", "caption"),
    [
        ("Table 3: *Sales* by [site](x.md)\n\n", "Table 3: Sales by site"),
        ("Sales by\nsite:\n", "Sales by site:"),
        ("# Sales\n\n", ""),
        ("Sales\n-----\n\n", ""),
        (f"{'Long prose. ' * 40}\n\n", ""),
        ("Far away.\n\n\n\n\n", ""),
        ("|a|b|\n|-|-|\n|1|2|\n\n", ""),
    ],
)
def test_a_short_paragraph_above_is_the_caption(above: str, caption: str) -> None:
    found = parsed(ContentType.MARKDOWN, f"{above}| a | b |\n|---|---|\n| 1 | 2 |")
    assert found.tables[-1].caption == caption


def test_of_tables_within_each_other_the_inner_ones_count() -> None:
    inner = "<table><tr><th>a<th>b<tr><td>1<td>2</table>"
    found = parsed(ContentType.HTML, f"<table><tr><td>{inner}<td>x<tr><td>y<td>{inner}</table>")
    assert held(found) == [("a\tb\n", "1\t2")] * 2


@pytest.mark.parametrize("begins", ["\x0b", "\u00a0\u00a0", "\u2028"])
def test_verbatim_text_in_the_last_cell_is_of_the_table(begins: str) -> None:
    page = f"<table><tr><th>a<th>b<tr><td>1<td><pre>{begins}zwölf é \n</pre></table>end"
    ((_, rows),) = held(parsed(ContentType.HTML, page))
    assert rows.endswith(f"{begins}zwölf é")


def test_several_rows_of_headings_are_the_header() -> None:
    page = "<table><thead><tr><td>a<td>b<tr><td>c<td>d</thead><tr><td>1<td>2</table>"
    assert held(parsed(ContentType.HTML, page)) == [("a\tb\nc\td\n\n", "1\t2")]


def test_there_are_at_most_so_many() -> None:
    many = "|a|b|\n|-|-|\n|1|2|\n\n" * 2_100
    assert len(parsed(ContentType.MARKDOWN, many).tables) == 2_000


@pytest.mark.parametrize("filler", [" ", "|", "-", "\\", "|-", "a|\n", "|a|b|\n|-|-|\n"])
def test_endless_pipes_are_read(filler: str) -> None:
    # In quadratic time any of these would take most of an hour.
    found = parsed(ContentType.MARKDOWN, f"|a|b|\n|-|-|\n|{filler * (200_000 // len(filler))}x|")
    assert found.tables
