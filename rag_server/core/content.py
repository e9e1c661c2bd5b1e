"""Content of documents, raw and read. Imports nothing, since processes that only parse do."""

from dataclasses import dataclass
from enum import StrEnum


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

    @property
    def is_text(self) -> bool:
        """Whether raw content of this type is UTF-8 text."""
        return self not in (ContentType.PDF, ContentType.DOCX)


@dataclass(frozen=True, slots=True)
class Mark:
    """From byte `start` of the parsed text on, up to the next mark, the text stands on `page`
    (from 1; None where there are no pages) under `heading` (empty: under none)."""

    start: int
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of raw content: the text that all spans refer to. `marks` ascend."""

    text: str
    title: str = ""
    marks: tuple[Mark, ...] = ()
