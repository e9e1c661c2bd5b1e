"""Blocks of a text: paragraphs, headings, list items, table rows and fenced code.

Works on plain text, reStructuredText and Markdown alike, line by line, in
linear time. Ranges are half-open character ranges.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class BlockKind(Enum):
    """What a block is."""

    PARAGRAPH = auto()
    HEADING = auto()
    ITEM = auto()
    ROW = auto()
    CODE = auto()
    RULE = auto()


@dataclass(slots=True)
class Block:
    """A stretch of whole lines. `level`: 1 to 6 for a heading, else 0. `spaced`:
    a blank line or nothing stands before it."""

    start: int
    end: int
    kind: BlockKind
    level: int
    spaced: bool


class _Line(NamedTuple):
    start: int
    end: int
    text: str


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SPECIAL = re.compile(
    r"(?P<HEADING> {0,3}(?P<marks>#{1,6})(?:[ \t]|$))"
    r"|(?P<RULE>[ \t]*(?P<mark>[=\-~*^_#+])(?P=mark){2,}+$)"
    r"|(?P<ITEM>[ \t]*(?:[-*+\u2022\u2023\u25e6]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))[ \t]+\S)"
    r"|(?P<ROW>[ \t]*(?:\||\+[-=+]{2})|[^\t]*\S\t+\S)"
)
_SPECIAL_KINDS = (BlockKind.HEADING, BlockKind.RULE, BlockKind.ITEM, BlockKind.ROW)
_LONGEST_HEADING = 120
_LEVELS = {"=": 1, "*": 1, "-": 2, "~": 3, "^": 4}


def blocks(text: str) -> list[Block]:
    """Ascending, disjoint blocks that hold every visible character of `text`.

    A fence without its closing line is ordinary text: one stray fence must not
    swallow the rest of a document.
    """
    lines = list(_lines(text))
    closing = _closing_fences(lines)
    found: list[Block] = []
    spaced, number = True, 0
    while number < len(lines):
        line, last = lines[number], closing.get(number, number)
        if line.text:
            block = Block(line.start, lines[last].end, *_kind(line, last > number), spaced)
            _add(found, block, line)
        spaced, number = not line.text, last + 1
    return found


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        yield _Line(start, end, line.rstrip())
        start = end


def _kind(line: _Line, fenced: bool) -> tuple[BlockKind, int]:
    special = None if fenced else _SPECIAL.match(line.text)
    if special is None:
        return (BlockKind.CODE if fenced else BlockKind.PARAGRAPH), 0
    kind = next(each for each in _SPECIAL_KINDS if special[each.name] is not None)
    return kind, len(special["marks"] or "")


def _add(found: list[Block], block: Block, line: _Line) -> None:
    """Append a block, or join it to the last where it continues that."""
    if found and not block.spaced and found[-1].kind in (BlockKind.PARAGRAPH, BlockKind.ITEM):
        last = found[-1]
        if block.kind is BlockKind.PARAGRAPH:
            last.end = block.end
            return
        if block.kind is BlockKind.RULE and (level := _underline(last, line)):
            last.kind, last.level, last.end = BlockKind.HEADING, level, block.end
            return
    found.append(block)


def _underline(last: Block, line: _Line) -> int:
    """Level of the heading that `line` makes of the block before it, or 0.

    "=" and "-" underline at any length, as in Markdown; the other characters
    only where they are as long as the line above, as in reStructuredText. What
    is longer than a heading is a paragraph with a rule below it.
    """
    rule, above = line.text.lstrip(), last.end - last.start
    if above > _LONGEST_HEADING or (rule[0] not in "=-" and len(rule) < above - 2):
        return 0
    return _LEVELS.get(rule[0], 5)


def _closing_fences(lines: Sequence[_Line]) -> dict[int, int]:
    """Number of an opening fence's line -> number of its closing line."""
    pairs: dict[int, int] = {}
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        if not (fence := _FENCE.match(line.text)):
            continue
        if opened is None:
            opened = (number, fence[1])
        elif fence[1].startswith(opened[1]) and fence[1] == line.text.strip():
            pairs[opened[0]] = number
            opened = None
    return pairs
