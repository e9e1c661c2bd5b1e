"""Sentences of any Unicode text, with their exact places, in linear time."""

import re
from collections.abc import Iterator

from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.vocabulary import ABBREVIATIONS, BEFORE_NUMBER, MAY_END, STARTERS

# Marks that end a sentence wherever they stand, because their scripts put no
# space after them or use them for nothing else.
_ALWAYS = "\u3002\uff01\uff1f\uff61\ufe52\u0964\u0965\u06d4\u061f\u1362\u1367\u17d4\u104b\u0589"
_CLOSERS = "\"'\u201d\u2019\u00bb\u203a)\\]}\uff09\u300d\u300f\u3011\u300b\u3009*_`"
# A footnote or citation marker belongs to the sentence before it.
_END = re.compile(rf"[.!?\u2026{_ALWAYS}]+(?:[{_CLOSERS}]| ?\[\d{{1,4}}\])*")
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'\u201c\u2018\u00ab]+$")
_ACRONYM = re.compile(r"\w(?:\.\w{1,2})*")
_NEXT_WORD = re.compile(r"\s*[\"'\u201c\u2018\u00ab(\[*_`]*([^\W_]*)")
_WHOLE = (BlockKind.CODE, BlockKind.HEADING, BlockKind.ROW, BlockKind.RULE)
_LOOK_BACK = 24
_LOOK_AHEAD = 48


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open character ranges, ascending and disjoint, without white space at
    either end, that hold every visible character of `text`.

    Blank lines, headings, list items and table rows are boundaries; lines that
    were wrapped by hand are joined; a fenced block of code is one unit.
    """
    return [each for block in blocks(text) for each in within(text, block)]


def within(text: str, block: Block) -> list[tuple[int, int]]:
    """The sentences of one block."""
    start, ranges = trim(text, block.start, block.end)[0], []
    for end in () if block.kind in _WHOLE else _ends(text, start, block.end):
        ranges.append(trim(text, start, end))
        start = end
    ranges.append(trim(text, start, block.end))
    return [(start, end) for start, end in ranges if start < end]


def lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a range as ascending ranges without white space at their ends; blank ones
    are left out."""
    ranges = []
    for line in text[start:end].splitlines(keepends=True):
        ranges.append(trim(text, start, start + len(line)))
        start += len(line)
    return [(begin, stop) for begin, stop in ranges if begin < stop]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends; empty at `end` for blank text."""
    part = text[start:end]
    bare = part.lstrip()
    start += len(part) - len(bare)
    return start, start + len(bare.rstrip())


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    for mark in _END.finditer(text, start, end):
        if mark.end() < end and _is_end(text, start, mark):
            yield mark.end()


def _is_end(text: str, start: int, mark: re.Match[str]) -> bool:
    if mark[0][0] in _ALWAYS:
        return True
    if not text[mark.end()].isspace():
        return False
    following = _NEXT_WORD.match(text, mark.end(), mark.end() + _LOOK_AHEAD)
    word = following[1] if following else ""
    if mark[0][0] == "." and not mark[0].startswith(".."):
        return _period_ends(text, start, mark.start(), word)
    return mark[0] == "?" or not word[:1].islower()


def _period_ends(text: str, start: int, period: int, following: str) -> bool:
    """Whether a single period ends a sentence, judged by the words beside it."""
    before = _WORD_BEFORE.search(text, max(start, period - _LOOK_BACK), period)
    if before is None:
        return True
    word = before[0].lower()
    if word.isdigit():
        # "1." at the start of a block is the number of a list item.
        return before.start() > start or period - before.start() > 3
    if word in BEFORE_NUMBER:
        return not following[:1].isdigit()
    if word in MAY_END or _ACRONYM.fullmatch(word):
        return _starts_sentence(following)
    return word not in ABBREVIATIONS


def _starts_sentence(word: str) -> bool:
    return word[:1].isupper() and word.lower() in STARTERS
