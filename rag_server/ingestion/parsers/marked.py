"""Text that grows block by block and remembers where each block stands."""

from collections.abc import Iterable
from itertools import islice

from rag_server.core.content import Mark, Table

_BETWEEN = "\n\n"
# Each may hold a path of headings: of what has more than this, the last one holds for the rest.
_MOST_MARKS = 20_000
# Each has a vector of its own, however small it is.
_MOST_TABLES = 2_000
# Characters; what is longer is a paragraph of its own right.
_LONGEST_CAPTION = 200


def bounded_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The first of them, as many as are kept of a document."""
    return tuple(islice(marks, _MOST_MARKS))


def bounded_tables(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The first of them, as many as are told of a document."""
    return tuple(islice(tables, _MOST_TABLES))


def caption(text: str) -> str:
    """What a paragraph or caption over a table says; empty where it is longer than a caption."""
    words = " ".join(text[: 2 * _LONGEST_CAPTION].split())
    return words if len(words) <= _LONGEST_CAPTION else ""


class MarkedText:
    """Blocks set apart by blank lines, with a mark wherever the page or the heading changes."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._bytes = 0
        self._marks: list[Mark] = []

    @property
    def text(self) -> str:
        """All blocks so far."""
        return _BETWEEN.join(self._blocks)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Ascending; the first one stands before the first block that has a page or heading."""
        return bounded_marks(self._marks)

    def add(self, block: str, page: int | None = None, heading: str = "") -> int:
        """Append a block that stands on a page, under a heading, and tell at which byte it
        begins; a blank one is passed over."""
        if not block or block.isspace():
            return self._bytes
        start = self._bytes + len(_BETWEEN) * bool(self._blocks)
        last = self._marks[-1] if self._marks else Mark(0)
        if (last.page, last.heading) != (page, heading):
            self._marks.append(Mark(start, page, heading))
        self._blocks.append(block)
        self._bytes = start + len(block.encode())
        return start
