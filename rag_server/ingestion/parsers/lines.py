"""Paragraphs of a page of lines: PDF has lines and their places, nothing else."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

# Lines further apart than this many of the page's usual distances begin a paragraph.
_GAP = 1.3
# PDFium's mark for a word that was cut at the end of a line; it has joined the lines.
_HYPHENS = {0x02: None, 0xFFFE: None}


def paragraphs(page: "PdfTextPage") -> list[str]:
    """Its lines in PDFium's order, joined where they stand as close as most do; a line that
    stands above the one before it (the next column) goes on with the paragraph."""
    found = [line for line in _lines(page) if line[0].strip()]
    drops = [0.0, *(above - below for (_, above), (_, below) in pairwise(found))]
    usual = median([drop for drop in drops if drop > 0] or [0.0])
    blocks: list[list[str]] = []
    for drop, (line, _) in zip(drops, found, strict=False):
        if not blocks or drop > usual * _GAP:
            blocks.append([])
        blocks[-1].append(line)
    return ["\n".join(block) for block in blocks]


def _lines(page: "PdfTextPage") -> Iterator[tuple[str, float]]:
    """Each line with the height at which it stands, in points from the bottom."""
    start = 0
    for line in page.get_text_range().split("\r\n"):
        if line:
            yield line.translate(_HYPHENS).rstrip(), _height(page, start)
        start += len(line.encode("utf-16-le")) // 2 + 2


def _height(page: "PdfTextPage", index: int) -> float:
    """The bottom of the line box of a character; `index` counts UTF-16 units of the text."""
    from pypdfium2 import raw

    character = raw.FPDFText_GetCharIndexFromTextIndex(page, index)
    return float(page.get_charbox(character, loose=True)[1]) if character >= 0 else 0.0
