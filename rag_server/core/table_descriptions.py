"""Tables as texts that can be embedded: what stands over a table, its header, and some rows.

A row by itself does not say what it is about, and a long table does not fit into an embedder; so
each group of rows that fits has its own text, beneath the same beginning. No group reaches over the
end of a chunk: what is found is a chunk, which must hold the rows by which it was found.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag_server.core.content import Mark, Parsed, Table
from rag_server.core.values import Span

# Half-open character ranges of the tokens of a text.
TokenOffsets = Callable[[str], Sequence[tuple[int, int]]]

_BETWEEN_CELLS = re.compile(r"\t|(?<!\\)\|")
_DASHES = "-:| \t\r"
# Of what fits, that much at most is the same in each text of a table, and of this its heading.
_SHARED, _HEADING = 1 / 2, 1 / 4


@dataclass(frozen=True, slots=True)
class Description:
    """What some rows of a table say, and the bytes from the first to the last of them."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a table that says anything, and the bytes that it stands on."""

    span: Span
    words: str


def descriptions(
    parsed: Parsed, chunks: Sequence[Span], tokens: TokenOffsets, most: int
) -> list[Description]:
    """Of all tables of a document, in order, of at most `most` tokens each, unless a row by itself
    has more than half of these. `chunks` of the document, whose ends ascend."""
    encoded, ends = parsed.text.encode(), [each.end for each in chunks]
    return [
        each
        for table in parsed.tables
        for each in _described(encoded, table, _heading(parsed.marks, table), ends, tokens, most)
    ]


def _described(
    encoded: bytes,
    table: Table,
    heading: str,
    ends: Sequence[int],
    tokens: TokenOffsets,
    most: int,
) -> Iterator[Description]:
    over = "\n".join(each for each in (heading, table.caption) if each)
    header = " ".join(each.words for each in _lines(encoded, table.start, table.body))
    over = _cut(over, tokens, int(most * _HEADING))
    beginning = _cut(
        "\n".join(each for each in (over, header) if each), tokens, int(most * _SHARED)
    )
    rows = list(_lines(encoded, table.body, table.end))
    for group in _groups(rows, ends, tokens, most - len(tokens(beginning))):
        words = "\n".join((*([beginning] if beginning else []), *(each.words for each in group)))
        yield Description(Span(group[0].span.start, group[-1].span.end), words)


def _groups(
    rows: Sequence[_Line], ends: Sequence[int], tokens: TokenOffsets, room: int
) -> Iterator[Sequence[_Line]]:
    group, chunk, used = list[_Line](), 0, 0
    for row, count in zip(rows, _counts(rows, tokens), strict=True):
        own = bisect_right(ends, row.span.start)
        if group and (own != chunk or used + count > room):
            yield group
            group, used = [], 0
        group.append(row)
        chunk, used = own, used + count
    if group:
        yield group


def _counts(rows: Sequence[_Line], tokens: TokenOffsets) -> list[int]:
    """Tokens of each row: all read at once, since a reading has its own cost."""
    starts = [start for start, _ in tokens("\n".join(each.words for each in rows))]
    reached, position, counts = 0, 0, []
    for each in rows:
        position += len(each.words) + 1
        before, reached = reached, bisect_right(starts, position - 1)
        counts.append(reached - before)
    return counts


def _lines(encoded: bytes, start: int, end: int) -> Iterator[_Line]:
    position = start
    for line in encoded[start:end].split(b"\n"):
        text = line.decode()
        # Dashes stand between header and rows.
        if text.strip(_DASHES):
            yield _Line(Span(position, position + len(line)), _words(text))
        position += len(line) + 1


def _words(line: str) -> str:
    """A row with its cells between bars; empty ones keep their place within it."""
    cells = _BETWEEN_CELLS.split(line.strip().removeprefix("|").removesuffix("|"))
    return " | ".join(each.strip() for each in cells).strip()


def _heading(marks: Sequence[Mark], table: Table) -> str:
    index = bisect_right(marks, table.start, key=lambda mark: mark.start)
    return marks[index - 1].heading if index else ""


def _cut(text: str, tokens: TokenOffsets, most: int) -> str:
    offsets = tokens(text)
    return text if len(offsets) <= most else text[: offsets[most][0]].rstrip()
