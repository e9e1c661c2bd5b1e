"""Content of documents, raw and read. Imports nothing, since processes that only parse do."""

from dataclasses import dataclass
from enum import StrEnum

# Longest side of an image as it is kept for its vector.
IMAGE_SIDE = 512


class ContentType(StrEnum):
    """How raw content is read; names of `ragrpc.v1.ContentType`."""

    PLAIN = "PLAIN"
    MARKDOWN = "MARKDOWN"
    HTML = "HTML"
    PDF = "PDF"
    DOCX = "DOCX"
    CSV = "CSV"
    JSONL = "JSONL"
    CODE = "CODE"
    IMAGE = "IMAGE"

    @property
    def is_text(self) -> bool:
        """Whether raw content of this type is UTF-8 text."""
        return self not in (ContentType.PDF, ContentType.DOCX, ContentType.IMAGE)


class Modality(StrEnum):
    """What a vector field of a document is made from; names of `ragrpc.v1.Modality`."""

    TEXT = "TEXT"
    IMAGE = "IMAGE"
    TABLE = "TABLE"


@dataclass(frozen=True, slots=True)
class Mark:
    """From byte `start` of the parsed text on, up to the next mark, the text stands on `page`
    (from 1; None where there are no pages) under `heading` (empty: under none)."""

    start: int
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Bytes [start, end) of the parsed text that are a table, from its first row to its last: a
    row takes one line or more. [start, body) is its header, empty where each row names its
    values. `caption`: what stands over it by itself; empty for nothing."""

    start: int
    body: int
    end: int
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Pixels:
    """An upright image, `data` its rows from the top, red, green and blue in a byte each. Both
    sides are 1 to `IMAGE_SIDE` pixels."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of raw content: the text that all spans refer to. `marks` ascend,
    `tables` too, and are disjoint. `pixels`: of an image, which has no text of its own."""

    text: str
    title: str = ""
    marks: tuple[Mark, ...] = ()
    pixels: Pixels | None = None
    tables: tuple[Table, ...] = ()
