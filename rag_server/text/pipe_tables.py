"""Pipe tables of Markdown, as GitHub's specification has them: a header, a line of dashes with as
many cells, and rows up to a blank line or another block. Ranges are half-open character ranges.

Found line by line, in linear time. Tables of one column are lists, and none here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag_server.text.blocks import Block, BlockKind

_PIPE = re.compile(r"(?<!\\)\|")
_OTHER = re.compile(r"[ \t]*(?:>|#{1,6}(?:[ \t]|$)|`{3}|~{3}|[-*+][ \t]|<[a-zA-Z/!]|={2}|-{3})")
_DASHES = re.compile(r":?-+:?")
_FEWEST_COLUMNS = 2
# Lines that a caption takes at most, and blank ones below it.
_CAPTION_LINES, _BLANK_LINES = 4, 2


class PipeTable(NamedTuple):
    """`above` is where the paragraph over it begins (`start` where there is none), `body` where
    the first row after the dashes does."""

    above: int
    start: int
    body: int
    end: int


class _Line(NamedTuple):
    """`open`: whether it may be part of a table or of a caption."""

    start: int
    text: str
    open: bool


def pipe_tables(text: str, blocks: Sequence[Block]) -> Iterator[PipeTable]:
    """Ascending and disjoint, without those in fenced code; `blocks` are those of the text."""
    lines = list(_lines(text, blocks))
    free, number = 0, 1
    while number < len(lines):
        if number <= free or not _begins(lines[number - 1], lines[number]):
            number += 1
            continue
        last = number
        while last + 1 < len(lines) and lines[last + 1].open:
            last += 1
        if last > number:
            start = lines[number - 1].start
            above = _above(lines, number - 1, free)
            end = lines[last].start + len(lines[last].text)
            yield PipeTable(above, start, lines[number + 1].start, end)
        free = number = last + 1


def cells(line: str) -> list[str]:
    """Those of a row, without white space around them."""
    bare = line.strip().removeprefix("|")
    found = [each.strip() for each in _PIPE.split(bare)]
    return found if found[-1] or len(found) == 1 else found[:-1]


def is_dashes(line: str) -> bool:
    """Whether a line may be that between header and rows."""
    return "|" in line and all(map(_DASHES.fullmatch, cells(line)))


def _lines(text: str, blocks: Sequence[Block]) -> Iterator[_Line]:
    code = iter([each for each in blocks if each.kind is BlockKind.CODE])
    fenced, start = next(code, None), 0
    for line in text.splitlines(keepends=True):
        while fenced is not None and fenced.end <= start:
            fenced = next(code, None)
        words = line.rstrip()
        within = fenced is not None and fenced.start <= start
        yield _Line(start, words, bool(words) and not within and not _OTHER.match(words))
        start += len(line)


def _begins(header: _Line, dashes: _Line) -> bool:
    # Dashes without a pipe at the beginning look like another block.
    if not header.open or "|" not in header.text or not is_dashes(dashes.text):
        return False
    return len(cells(header.text)) == len(cells(dashes.text)) >= _FEWEST_COLUMNS


def _above(lines: Sequence[_Line], header: int, free: int) -> int:
    """Where the paragraph over line `header` begins; from line `free` on."""
    last = header - 1
    while last >= max(free, header - _BLANK_LINES) and not lines[last].text:
        last -= 1
    first = last
    while first >= free and lines[first].open and last - first < _CAPTION_LINES:
        first -= 1
    reached = first < free or not lines[first].text
    return lines[first + 1].start if reached and first < last else lines[header].start
