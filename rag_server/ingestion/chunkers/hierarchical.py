"""Small chunks to be found by, each with the larger stretch that it was cut from."""

from collections.abc import Sequence

from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.ingestion.chunkers.pieces import PieceMaker, Range
from rag_server.ingestion.chunkers.recursive import packed
from rag_server.text.sentences import sentences

_VERSION = 2


class HierarchicalChunker:
    """Cuts a text into parents of at most `parent_tokens` and each of these into pieces, both
    by structure as RecursiveChunker does. Only pieces are embedded: a parent may be larger
    than the embedder's window."""

    def __init__(self, budget: Budget, parent_tokens: int) -> None:
        self._budget = budget
        self._parent_tokens = parent_tokens

    @property
    def fingerprint(self) -> str:
        """Version of the method and its parameters."""
        return f"hierarchical-{_VERSION}-{self._parent_tokens}-{self._budget.fingerprint}"

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Ascending, disjoint pieces, each inside of its parent; the parents are disjoint too."""
        costs = Costs(text, self._budget.tokens)
        budget = self._budget.beside(title)
        maker = PieceMaker(text, costs, sentences(text))
        parents, _ = packed(text, costs, max(self._parent_tokens, budget))
        return [
            piece
            for parent in parents
            for piece in maker.make(_children(text, costs, budget, parent), parent=parent)
        ]


def _children(text: str, costs: Costs, budget: int, parent: Range) -> list[Range]:
    start, end = parent
    inner, _ = packed(text[start:end], costs.part(start, end), budget)
    return [(start + begin, start + stop) for begin, stop in inner]
