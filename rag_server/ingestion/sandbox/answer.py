"""What a parsing process answered, which is believed only as far as it makes sense."""

from typing import Any

from rag_server.core.content import IMAGE_SIDE, ContentType, Mark, Parsed, Pixels, Table
from rag_server.core.errors import RagError, Reason
from rag_server.ingestion.parsers.extra import not_installed
from rag_server.ingestion.refusal import over_limit, unreadable

_LONGEST_DESCRIPTION = 200


class ParserDefect(Exception):
    """A parser raised what it never should; named by the type of that."""


def parsed(head: Any, body: bytes) -> Parsed:
    """The text with its marks and tables, or an image. Raises ValueError for what makes no
    sense."""
    return _image(head["size"], body) if "size" in head else _text(head, body)


def _image(size: Any, data: bytes) -> Parsed:
    width, height = size
    if not all(type(side) is int and 1 <= side <= IMAGE_SIDE for side in size):
        raise ValueError("an image has a size that it may not have")
    if len(data) != 3 * width * height:
        raise ValueError("an image is not as large as it says")
    return Parsed("", pixels=Pixels(width, height, data))


def _text(head: Any, text: bytes) -> Parsed:
    marks = tuple(Mark(*_mark(*each)) for each in head["marks"])
    starts = [mark.start for mark in marks]
    if starts != sorted(starts) or (starts and not 0 <= starts[0] <= starts[-1] <= len(text)):
        raise ValueError("marks do not ascend within the text")
    title = head["title"]
    if not isinstance(title, str):
        raise ValueError("the title is no text")
    title.encode()
    return Parsed(text.decode(), title, marks, tables=_tables(head["tables"], text))


def _tables(found: Any, text: bytes) -> tuple[Table, ...]:
    tables = tuple(Table(*_table(*each)) for each in found)
    reached = 0
    for each in tables:
        if not reached <= each.start <= each.body < each.end <= len(text):
            raise ValueError("tables do not ascend within the text")
        if any(_is_within_character(text, at) for at in (each.start, each.body, each.end)):
            raise ValueError("a table begins or ends within a character")
        reached = each.end
    return tables


def _is_within_character(text: bytes, at: int) -> bool:
    return at < len(text) and text[at] & 0xC0 == 0x80


def error(head: Any, content_type: ContentType) -> Exception:
    """The error that was met. Raises ValueError for none."""
    description = str(head["description"])[:_LONGEST_DESCRIPTION]
    match head["reason"]:
        case Reason.UNREADABLE_DOCUMENT:
            return unreadable(description)
        case Reason.PARSING_LIMIT:
            return over_limit(description, str(head["limit"]))
        case Reason.EXTRA_NOT_INSTALLED:
            return not_installed(content_type)
        case Reason.INTERNAL:
            return ParserDefect(description)
        case _:
            raise ValueError("the reason is unknown")


def crashed() -> RagError:
    """The error of a document on which its parser died."""
    return unreadable("crashed its parser, or needs more memory than parsing may take")


def _mark(start: Any, page: Any, heading: Any) -> tuple[int, int | None, str]:
    if type(start) is not int or type(page) not in (int, type(None)) or type(heading) is not str:
        raise ValueError("a mark is of the wrong kind")
    heading.encode()
    return start, page, heading


def _table(start: Any, body: Any, end: Any, caption: Any) -> tuple[int, int, int, str]:
    if any(type(each) is not int for each in (start, body, end)) or type(caption) is not str:
        raise ValueError("a table is of the wrong kind")
    caption.encode()
    return start, body, end, caption
