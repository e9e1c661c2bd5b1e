"""Sets of row numbers as ranges: a few where rows were written in order."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Range = tuple[int, int]


def ranges(ascending: Iterable[int]) -> Iterator[Range]:
    """(first, last) of every unbroken run, both included."""
    first = last = None
    for number in ascending:
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows by their ranges, which ascend."""

    firsts: Sequence[int]
    lasts: Sequence[int]

    @classmethod
    def of(cls, pairs: Sequence[Range]) -> "RowSet":
        """A set of such pairs."""
        return cls([first for first, _ in pairs], [last for _, last in pairs])

    def __contains__(self, row: int) -> bool:
        at = bisect_right(self.firsts, row) - 1
        return at >= 0 and row <= self.lasts[at]
