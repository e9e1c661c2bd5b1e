"""Chunks of whole sentences, with or without some that neighbours share."""

from collections.abc import Iterator, Sequence

from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.ingestion.chunkers.packing import Packer
from rag_server.ingestion.chunkers.pieces import PieceMaker, Range
from rag_server.text.sentences import sentences

_VERSION = 1


class SentenceChunker:
    """Fills pieces with sentences up to the budget, whatever stands between them; a sentence
    over the budget is cut. A piece begins with the last `overlap` sentences of the one
    before, or with fewer where they would leave no room for a new one."""

    def __init__(self, budget: Budget, overlap: int) -> None:
        self._budget = budget
        self._overlap = overlap

    @property
    def fingerprint(self) -> str:
        """Version of the method and its parameters."""
        return f"sentence-{_VERSION}-{self._overlap}-{self._budget.fingerprint}"

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Pieces whose starts and ends ascend; disjoint where `overlap` is 0."""
        costs = Costs(text, self._budget.tokens)
        budget = self._budget.beside(title)
        units = sentences(text)
        parts = [part for unit in units for part in _fitting(text, costs, budget, unit)]
        ranges = _runs(parts, costs, budget, self._overlap)
        return PieceMaker(text, costs, units).make(ranges)


def _fitting(text: str, costs: Costs, budget: int, unit: Range) -> Sequence[Range]:
    """A sentence, cut where it is over the budget."""
    if costs.of(*unit) <= budget:
        return [unit]
    packer = Packer(text, costs, budget)
    packer.add_block(*unit, [unit], whole=False)
    return packer.finish()


def _runs(parts: Sequence[Range], costs: Costs, budget: int, overlap: int) -> Iterator[Range]:
    first = last = 0
    while last < len(parts):
        start = parts[first][0]
        while last < len(parts) and costs.of(start, parts[last][1]) <= budget:
            last += 1
        yield start, parts[last - 1][1]
        first = max(first + 1, last - overlap)
        while first < last < len(parts) and costs.of(parts[first][0], parts[last][1]) > budget:
            first += 1
