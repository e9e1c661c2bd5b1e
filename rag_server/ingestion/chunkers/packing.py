"""Fills pieces with neighbouring parts of a text, each within a budget of tokens."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from rag_server.ingestion.chunkers.costs import Costs
from rag_server.text.sentences import trim

_VISIBLE = re.compile(r"\S")
# How far a cut looks back for a better place; about the longest word there is.
_LOOK_BACK = 100


class Packer:
    """Takes parts in order and makes pieces of them, as half-open character ranges.

    Parts are ascending and have no white space at their ends. Headings at the
    end of a piece move on to the next one, to stay with what they are about.
    Only the last two pieces know of each other's size: a change in a text moves the cuts
    near to it, not all of them.
    """

    def __init__(self, text: str, costs: Costs, budget: int) -> None:
        self._text = text
        self._costs = costs
        self._budget = budget
        self._pieces: list[tuple[int, int]] = []
        self._start = self._end = 0
        self._headings: int | None = None
        # Where parts begin before which a piece may end, ascending.
        self._joints: list[int] = []
        # The last block that was broken into its parts.
        self._broken = (0, 0)

    def add_block(
        self, start: int, end: int, parts: Iterable[tuple[int, int]], whole: bool
    ) -> None:
        """A block and the parts it consists of. It is broken into them only where it
        fits no piece or (unless `whole`) where the piece before it would stay small."""
        if not self._fits(start, end) and not self._bare:
            fits_alone = self._costs.of(start, end) <= self._budget
            if self._size() >= self._budget // 2 or (whole and fits_alone):
                self._close()
        if self._fits(start, end):
            self._extend(start, end)
            return
        self._broken = (start, end)
        for part in parts:
            self._add_part(*part)

    def add_heading(self, start: int, end: int) -> None:
        """A heading: begins a new piece where the one before has a fair size."""
        if self._size() >= self._budget // 4:
            self._close()
        first = start if self._headings is None else self._headings
        self._add_part(start, end)
        self._headings = max(first, self._start)

    def finish(self) -> list[tuple[int, int]]:
        """All pieces, ascending, without white space at their ends."""
        self._emit(self._end)
        self._even_out()
        return self._pieces

    def _even_out(self) -> None:
        """A last piece that is a small rest of a block that was broken anyway shares about equally
        with the one before: two fair chunks are found better than a full one and its rest."""
        if len(self._pieces) < 2:
            return
        (first, _), (start, end) = self._pieces[-2:]
        inside = self._broken[0] < start < self._broken[1]
        if not inside or self._costs.of(start, end) >= self._budget // 2:
            return
        joints = self._joints[bisect_right(self._joints, first) : bisect_left(self._joints, start)]
        possible = [each for each in joints if self._costs.of(each, end) <= self._budget]
        cut = min((*possible, start), key=lambda each: self._unevenness(first, each, end))
        self._pieces[-2:] = [trim(self._text, first, cut), (cut, end)]

    def _unevenness(self, start: int, cut: int, end: int) -> int:
        return abs(self._costs.of(start, cut) - self._costs.of(cut, end))

    @property
    def _bare(self) -> bool:
        """Whether the open piece is empty or holds nothing but headings."""
        return self._start == self._end or self._headings == self._start

    def _size(self) -> int:
        return self._costs.of(self._start, self._end)

    def _fits(self, start: int, end: int) -> bool:
        begin = self._start if self._start < self._end else start
        return self._costs.of(begin, end) <= self._budget

    def _extend(self, start: int, end: int) -> None:
        if not self._bare and self._headings is None:
            self._joints.append(start)
        if self._start == self._end:
            self._start = start
        self._end = end
        self._headings = None

    def _add_part(self, start: int, end: int) -> None:
        if not self._fits(start, end) and not self._bare:
            self._close()
        self._extend(start, end)
        while self._size() > self._budget:
            self._emit(self._cut())

    def _close(self) -> None:
        """End the open piece before the headings at its end, if text stands before them."""
        cut = self._headings if self._headings is not None and not self._bare else self._end
        self._emit(cut)

    def _emit(self, cut: int) -> None:
        start, end = trim(self._text, self._start, cut)
        if start < end:
            self._pieces.append((start, end))
        rest = _VISIBLE.search(self._text, cut, self._end)
        self._start = rest.start() if rest else self._end
        if rest is None:
            self._headings = None

    def _cut(self) -> int:
        """Where to cut an open piece that is over the budget: near its end at white
        space, else at a word's edge, else between any two tokens."""
        reach = self._costs.reach(self._start, self._budget)
        for is_edge in (str.isspace, _parts_words):
            for place in range(reach, max(self._start, reach - _LOOK_BACK), -1):
                if is_edge(self._text[place - 1]) or is_edge(self._text[place]):
                    return place
        return reach


def _parts_words(character: str) -> bool:
    """Whether a tokenizer sees a word's edge on either side of this character."""
    if character.isascii():
        return character.isprintable() and not character.isalnum()
    return "\u4e00" <= character <= "\u9fff" or unicodedata.category(character)[0] == "P"
