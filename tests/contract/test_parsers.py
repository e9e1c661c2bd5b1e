"""What every parser promises, whatever it is fed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_server.core.content import ContentType, Parsed
from rag_server.core.errors import InvalidRequest
from rag_server.core.protocols import Parser
from rag_server.ingestion.parsers import PARSERS
from tests.files import a_docx, a_pdf
from tests.pictures import drawn, saved

BROKEN = st.text() | st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "<p>",
            "</p",
            "<!--",
            "&#",
            "&amp",
            "<script>",
            "<h2>",
            "<![CDATA[",
            "\x00",
            "#",
            "```",
            "\n",
            '"',
            ",",
            ";",
            "[",
            '{"a":',
            "}",
            "1",
            "\\ud800",
        ]
    )
).map("".join)
# What may follow the beginning of a table, of any type.
TORN = st.lists(
    st.sampled_from(
        (
            *("<table>", "</table>", "<tr>", "</tr>", "<td>", "<th>", "<thead>", "</thead>"),
            *(
                "<caption>",
                "</caption>",
                "<pre>",
                "</pre>",
                "<p>",
                "<div hidden>",
                "</div>",
                "<h2>",
            ),
            *("|", "|-|-|", "\n|a|b|\n|-|-|\n", "```", "#", "> ", "\\", "-", ",", '"', "&nbsp;"),
            *("\n", "\n\n", "\r\n", "\t", " ", "\x0b", "\u2028", "\ufeff", "x", "\u00e9"),
        )
    ),
    max_size=40,
).map("".join)
TABLES = {
    ContentType.HTML: "<table><tr><td>a<td>b<tr><td>",
    ContentType.MARKDOWN: "a|b\n-|-\n",
    ContentType.CSV: "a,b\n",
}
TEXTS = [each for each in PARSERS if each.is_text]
# Without words of their own.
SEEN = [ContentType.IMAGE]
BINARY = [each for each in PARSERS if not each.is_text]
# Of these any text is some document.
KEPT = [ContentType.PLAIN, ContentType.MARKDOWN, ContentType.CODE]


def saying(words: str, content_type: ContentType) -> bytes:
    """A document of that type."""
    match content_type:
        case ContentType.PDF:
            return a_pdf([[words]])
        case ContentType.DOCX:
            return a_docx(words)
        case ContentType.IMAGE:
            return saved(drawn("street", 40, 30))
        case ContentType.JSONL:
            return json.dumps(words).encode()
        case _:
            return words.encode()


def parsed(content: bytes, content_type: ContentType) -> Parsed | str:
    """What is made of it, or why nothing is."""
    try:
        return PARSERS[content_type].parse(content)
    except InvalidRequest as error:
        (violation,) = error.violations
        return f"{violation.field}: {violation.description}"


@pytest.fixture(params=list(PARSERS), ids=str)
def content_type(request: pytest.FixtureRequest) -> ContentType:
    return ContentType(request.param)


@pytest.fixture
def parser(content_type: ContentType) -> Parser:
    return PARSERS[content_type]


def test_there_is_a_parser_for_every_content_type() -> None:
    assert set(PARSERS) == set(ContentType)


@pytest.mark.parametrize("content_type", [each for each in PARSERS if each not in SEEN], ids=str)
def test_plain_words_are_kept(parser: Parser, content_type: ContentType) -> None:
    words = "Caf\u00e9s open at nine."
    assert parser.parse(saying(words, content_type)).text == words


@pytest.mark.parametrize("content", ["", " ", "\n\t\n"])
@pytest.mark.parametrize("content_type", TEXTS, ids=str)
def test_blank_content_is_blank_text_without_a_title(
    content_type: ContentType, content: str
) -> None:
    found = PARSERS[content_type].parse(content.encode())
    assert (found.text.strip(), found.title, found.marks) == ("", "", ())


@pytest.mark.parametrize("content_type", TEXTS, ids=str)
def test_what_is_not_utf8_is_refused(content_type: ContentType) -> None:
    assert parsed(b"caf\xe9", content_type) == "content: is not UTF-8 text"


@pytest.mark.parametrize("content_type", TEXTS, ids=str)
def test_a_byte_order_mark_is_no_text(content_type: ContentType) -> None:
    content = b"\xef\xbb\xbf" + saying("Text.", content_type)
    assert PARSERS[content_type].parse(content).text == "Text."


@given(content=BROKEN)
@pytest.mark.parametrize("content_type", TEXTS, ids=str)
def test_malformed_content_is_read_the_same_way_every_time(
    content_type: ContentType, content: str
) -> None:
    raw = content.encode()
    found = parsed(raw, content_type)
    assert parsed(raw, content_type) == found
    if isinstance(found, str):
        assert found.startswith("content: ")
        assert content_type not in KEPT
        return
    size = len(found.text.encode())
    assert found.title == found.title.strip()
    starts = [mark.start for mark in found.marks]
    assert starts == sorted(set(starts))
    assert all(0 <= start <= size for start in starts)


@settings(max_examples=100, deadline=None)
@given(content=TORN)
@pytest.mark.parametrize(("content_type", "begin"), TABLES.items(), ids=TABLES)
def test_tables_lie_within_the_text_one_after_the_other(
    content_type: ContentType, begin: str, content: str
) -> None:
    found = parsed((begin + content).encode(), content_type)
    if isinstance(found, str):
        return
    text, reached = found.text.encode(), 0
    for each in found.tables:
        assert reached <= each.start <= each.body < each.end
        assert text[each.start : each.body].decode().strip() or each.start == each.body
        assert text[each.body : each.end].decode().strip()
        reached = each.end
    assert reached <= len(text)


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=400))
@pytest.mark.parametrize("prefix", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"GIF89a", b"\xff\xd8"])
@pytest.mark.parametrize("content_type", BINARY, ids=str)
def test_bytes_that_are_no_file_are_refused(
    content_type: ContentType, prefix: bytes, content: bytes
) -> None:
    assert isinstance(parsed(prefix + content, content_type), str)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("content_type", BINARY, ids=str)
def test_a_damaged_file_is_read_or_refused(content_type: ContentType, data: st.DataObject) -> None:
    whole = saying("Some words.", content_type)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from((whole[:at], whole[:at] + b"\x00" * 8 + whole[at + 8 :], whole[at:]))
    )
    found = parsed(damaged, content_type)
    if isinstance(found, Parsed):
        found.text.encode()


@pytest.mark.parametrize(
    "unit", ["<", "<!--", "&#", "<a ", "<b>", "# ", "```\n", "word ", "[", ","]
)
@pytest.mark.parametrize("content_type", TEXTS, ids=str)
def test_a_large_hostile_content_is_read_or_refused(content_type: ContentType, unit: str) -> None:
    found = parsed((unit * (100_000 // len(unit))).encode(), content_type)
    if isinstance(found, Parsed):
        # A row of a table says what its column is called, too.
        assert len(found.text) <= (300_000 if content_type is ContentType.CSV else 100_000)
    else:
        assert content_type is ContentType.JSONL
