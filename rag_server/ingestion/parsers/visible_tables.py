"""Finds the tables of a page from the events of an HTML parser."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_CELLS = frozenset(("td", "th"))
_LAYOUT = frozenset(("presentation", "none"))
_FEWEST_ROWS = _FEWEST_COLUMNS = 2


@dataclass(slots=True)
class Row:
    """Parts [first, last) of the page's text, in so many cells; whether these are headings."""

    first: int
    last: int = 0
    cells: int = 0
    heads: bool = True


@dataclass(slots=True)
class PageTable:
    """A table by its rows that say anything. `caption`: parts [first, last) of its caption."""

    layout: bool
    rows: list[Row] = field(default_factory=list)
    caption: tuple[int, int] = (0, 0)
    in_head: bool = False
    open: Row | None = None

    @property
    def holds_data(self) -> bool:
        """Whether it is more than a means of layout."""
        columns = max((each.cells for each in self.rows), default=0)
        return not self.layout and len(self.rows) >= _FEWEST_ROWS and columns >= _FEWEST_COLUMNS

    @property
    def headers(self) -> int:
        """How many rows are the header: those of heading cells, else the first; never all."""
        heads = next((n for n, each in enumerate(self.rows) if not each.heads), len(self.rows))
        return min(max(heads, 1), len(self.rows) - 1)


class TableReader:
    """Told where elements begin and end, by the number of parts that the text has by then. Where
    tables are within each other, only the innermost count."""

    def __init__(self) -> None:
        self.found: list[PageTable] = []
        self._tables: list[PageTable] = []

    def start(self, tag: str, attributes: Mapping[str, str], at: int) -> None:
        """An element begins that is seen."""
        if tag == "table":
            for each in self._tables[-1:]:
                each.layout = True
            self._tables.append(PageTable(attributes.get("role", "").lower() in _LAYOUT))
        elif self._tables:
            self._within(self._tables[-1], tag, at)

    def end(self, tag: str, at: int) -> None:
        """It ends."""
        if not self._tables:
            return
        table = self._tables[-1]
        if tag in ("tr", "table"):
            _close_row(table, at)
        if tag == "thead":
            table.in_head = False
        elif tag == "caption":
            table.caption = (table.caption[0], at)
        elif tag == "table":
            self._tables.pop()
            if table.holds_data:
                self.found.append(table)

    def _within(self, table: PageTable, tag: str, at: int) -> None:
        if tag == "tr":
            _close_row(table, at)
            table.open = Row(at)
        elif tag == "thead":
            table.in_head = True
        elif tag == "caption":
            table.caption = (at, at)
        elif tag in _CELLS and table.open is not None:
            table.open.cells += 1
            table.open.heads &= tag == "th" or table.in_head


def _close_row(table: PageTable, at: int) -> None:
    row, table.open = table.open, None
    if row is not None and row.first < at:
        row.last = at
        table.rows.append(row)
