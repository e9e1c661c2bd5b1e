"""Comma-separated values."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice, zip_longest

from rag_server.core.content import Parsed, Table
from rag_server.ingestion.parsers.encoding import decoded
from rag_server.ingestion.parsers.records import joined, record
from rag_server.ingestion.refusal import unreadable

_DELIMITERS = ",;\t|"
# Stands for none in files of one column.
_NONE = "\x1f"
# Characters at the beginning that tell the delimiter.
_SAMPLE = 4_096


class CsvParser:
    """One paragraph a row: each value with its name from the first row, as in
    `name: Ada; born: 1815`. So a passage says what its values mean, wherever the table is
    cut. Empty values are left out; a table of one row is that row.
    The whole text is one table, where it has columns."""

    def parse(self, content: bytes) -> Parsed:
        """The rows as text, in order; there is no title."""
        text = decoded(content)
        # A field may be as long as the whole content.
        csv.field_size_limit(max(len(text), 1))
        try:
            rows = _filled(csv.reader(StringIO(text, newline=""), _dialect(text)))
            names, following = next(rows, []), next(rows, None)
            if following is None:
                return Parsed(joined([record(("", name) for name in names)]))
            read = joined(record(_fields(names, row)) for row in chain([following], rows))
            return Parsed(read, tables=_tables(read, len(names)))
        except csv.Error:
            raise unreadable("cannot be read as CSV") from None


def _dialect(text: str) -> type[csv.Dialect]:
    class Told(csv.excel):
        delimiter = _delimiter(text[:_SAMPLE])

    return Told


def _delimiter(sample: str) -> str:
    """The one that stands in all of the first lines, most often in the first."""
    # The last line of the sample may be cut.
    lines = [line for line in sample.splitlines() if line.strip()][:10]
    counts = {each: [line.count(each) for line in lines[:-1] or lines] for each in _DELIMITERS}
    named = [each for each in _DELIMITERS if any(counts[each][:1])]
    if not named:
        return _NONE
    return max(named, key=lambda each: (min(counts[each]), counts[each][0]))


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if any(cell.strip() for cell in row))


def _tables(text: str, columns: int) -> tuple[Table, ...]:
    """All of it, unless it is a list."""
    return (Table(0, 0, len(text.encode())),) if text.strip() and columns > 1 else ()


def _fields(names: Sequence[str], row: Sequence[str]) -> Iterator[tuple[str, str]]:
    pairs = zip_longest(names, row, fillvalue="")
    for number, (name, value) in enumerate(islice(pairs, len(row)), start=1):
        yield name.strip() or f"column {number}", value
