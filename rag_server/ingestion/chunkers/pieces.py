"""From character ranges to pieces: byte spans, tokens, and the sentences inside."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag_server.core.documents import Piece
from rag_server.core.values import Span
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import trim

Range = tuple[int, int]


@dataclass(slots=True)
class PieceMaker:
    """Makes pieces of a text. `sentences`: its ascending, disjoint units without white space
    at their ends, which hold every visible character."""

    text: str
    costs: Costs
    sentences: Sequence[Range]
    _offsets: ByteOffsets = field(init=False)
    _begins: list[int] = field(init=False)
    _ends: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._offsets = ByteOffsets(self.text)
        self._begins = [start for start, _ in self.sentences]
        self._ends = [end for _, end in self.sentences]

    def make(
        self, ranges: Iterable[Range], *, parent: Range | None = None, heading: str = ""
    ) -> list[Piece]:
        """A piece for each range, in order, all under one `heading` and cut from one `parent`."""
        span = self._span(*parent) if parent else None
        return [
            Piece(self._span(start, end), self.costs.of(start, end), inside, span, heading)
            for start, end in ranges
            for inside in [self._inside(start, end)]
        ]

    def _span(self, start: int, end: int) -> Span:
        return Span(self._offsets.byte(start), self._offsets.byte(end))

    def _inside(self, start: int, end: int) -> tuple[Span, ...]:
        """The sentences of a range, clipped to it, relative to its first byte."""
        own = self.sentences[bisect_right(self._ends, start) : bisect_left(self._begins, end)]
        clipped = (trim(self.text, max(start, begin), min(end, stop)) for begin, stop in own)
        base = self._offsets.byte(start)
        return tuple(
            span.shift(-base) for span in self._offsets.spans(clipped) if span.start < span.end
        )
