"""What every parser promises, whatever it is fed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.documents import ContentType
from rag_server.core.errors import InvalidRequest
from rag_server.core.protocols import Parser
from rag_server.ingestion.parsers import PARSERS

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
            "<![CDATA[",
            "\x00",
            "#",
            "```",
            "\n",
        ]
    )
).map("".join)


@pytest.fixture(params=list(PARSERS), ids=str)
def parser(request: pytest.FixtureRequest) -> Parser:
    return PARSERS[request.param]


def test_there_is_a_parser_for_every_content_type() -> None:
    assert set(PARSERS) == set(ContentType)


def test_plain_words_are_kept(parser: Parser) -> None:
    assert parser.parse("Caf\u00e9s open at nine.").text == "Caf\u00e9s open at nine."


@pytest.mark.parametrize("content", ["", " ", "\n\t\n"])
def test_blank_content_is_blank_text_without_a_title(parser: Parser, content: str) -> None:
    parsed = parser.parse(content)
    assert (parsed.text.strip(), parsed.title) == ("", "")


def test_a_lone_surrogate_is_text_that_utf8_cannot_hold(parser: Parser) -> None:
    with contextlib.suppress(InvalidRequest):
        assert parser.parse("a\ud800").text == "a\ud800"


@given(content=BROKEN)
@pytest.mark.parametrize("content_type", list(PARSERS), ids=str)
def test_malformed_content_is_read_the_same_way_every_time(
    content_type: ContentType, content: str
) -> None:
    parser = PARSERS[content_type]
    parsed = parser.parse(content)
    assert parser.parse(content) == parsed
    parsed.text.encode()
    assert parsed.title == parsed.title.strip()


@pytest.mark.parametrize("unit", ["<", "<!--", "&#", "<a ", "<b>", "# ", "```\n", "word "])
def test_a_large_hostile_content_is_read(parser: Parser, unit: str) -> None:
    assert len(parser.parse(unit * (100_000 // len(unit))).text) <= 100_000
