import pytest

from rag_server.core.content import ContentType, Parsed
from rag_server.ingestion.parsers import PARSERS


def html(content: str) -> Parsed:
    return PARSERS[ContentType.HTML].parse(content.encode())


def markdown_title(content: str) -> str:
    return PARSERS[ContentType.MARKDOWN].parse(content.encode()).title


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# Vacation\n\nText", "Vacation"),
        ("Intro\n\n## Second *level* ##\n# First", "Second level"),
        ("Under\nlined\n=======\nText", "Under lined"),
        ("```\n# comment\n```\n\n# [Real](x.md) `title`", "Real title"),
        ("#\n\n# Named", "Named"),
        ("# ##\n\n# Named", "Named"),
        ("# C#", "C#"),
        ("# C# #", "C#"),
        ("#hashtag\n\ntext", ""),
    ],
)
def test_the_title_of_markdown_is_its_first_heading(content: str, title: str) -> None:
    assert markdown_title(content) == title


@pytest.mark.parametrize("filler", [" ", "\t", " #", "#", "[", "](", "*"])
def test_an_endless_heading_is_read(filler: str) -> None:
    # In quadratic time a run of blanks would take most of an hour.
    assert markdown_title(f"# a{filler * 400_000}b").startswith("a")


@pytest.mark.parametrize("content_type", [ContentType.MARKDOWN, ContentType.HTML])
@pytest.mark.parametrize("letter", ["x", "\u20ac", "\U0001f600"])
def test_a_huge_title_is_cut_at_a_character(content_type: ContentType, letter: str) -> None:
    begin, end = {
        ContentType.MARKDOWN: ("# ", "\n\ntext"),
        ContentType.HTML: ("<title>", "</title>text"),
    }[content_type]
    title = PARSERS[content_type].parse(f"{begin}{letter * 300_000}{end}".encode()).title
    assert title == letter * (1_024 // len(letter.encode()))


def test_a_cut_title_does_not_end_in_white_space() -> None:
    assert html(f"<title>{'x' * 1_023} y</title>").title == "x" * 1_023


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ("<p>one<p>two <em>three</em>,\n four", "one\n\ntwo three, four"),
        ("a<br>b<hr>c", "a\nb\n\nc"),
        ("<ul><li>one<li><p>two</ul>", "- one\n- two"),
        ("<table><tr><td>a<td>b<tr><th>c<th>d</table>", "a\tb\nc\td"),
        ("<pre>x = 1\n  y = 2\n\n<b>z</b> = 3</pre>tail", "x = 1\n  y = 2\n\nz = 3\n\ntail"),
        ("5 &lt; 6 &amp; caf&eacute; <b>\u65e5\u672c", "5 < 6 & caf\u00e9 \u65e5\u672c"),
    ],
)
def test_html_becomes_what_a_reader_sees(content: str, text: str) -> None:
    assert html(content).text == text


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>if (a<b) {'</p>secret'}</script>",
        "<style>secret {}</style>",
        "<!-- secret -->",
        "<noscript>secret</noscript>",
        "<template><p>secret</p></template>",
        "<p hidden>secret <b>secret</b></p>",
        "<div style='display: none'><p>secret</div>",
        "<svg><title>secret</title></svg>",
    ],
)
def test_what_a_reader_does_not_see_never_appears(unseen: str) -> None:
    page = html(f"<head><title>T</title>{unseen}</head><body>seen {unseen} too")
    assert page == Parsed("seen too", "T") or page == Parsed("seen\n\ntoo", "T")


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("<html><head><title> A &amp;\n B </title></head><h1>C</h1>", "A & B"),
        ("<p>intro</p><h1>First <i>one</i></h1><h1>Second</h1>", "First one"),
        ("<svg><title>icon</title></svg><p>text", ""),
        ("<title></title><h1>Heading</h1>", "Heading"),
    ],
)
def test_the_title_of_a_page(content: str, title: str) -> None:
    assert html(content).title == title


@pytest.mark.parametrize(
    "declared", ["<meta charset=latin-1>", "<?xml version='1.0' encoding='latin-1'?>"]
)
def test_a_declared_charset_has_no_say(declared: str) -> None:
    assert html(f"{declared}<p>\u65e5\u672c caf\u00e9").text == "\u65e5\u672c caf\u00e9"


@pytest.mark.parametrize("element", ["div", "b", "table><tr><td", "ul><li", "blockquote"])
def test_deep_nesting_loses_nothing(element: str) -> None:
    assert html(f"<{element}>" * 5_000 + "end").text.endswith("end")


def test_a_padded_table_does_not_grow() -> None:
    rows = "<tr><td>a<td>b" * 1_000
    content = f"<table><tr><td>{'x' * 10_000}<td>y{rows}</table>"
    assert len(html(content).text) < len(content)
