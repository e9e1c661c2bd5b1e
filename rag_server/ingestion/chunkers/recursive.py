"""Chunks by structure first: sections, paragraphs, sentences, words, at last tokens."""

from collections.abc import Sequence

from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.ingestion.chunkers.packing import Packer
from rag_server.ingestion.chunkers.pieces import PieceMaker, Range
from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.sentences import lines, within

_VERSION = 3


class RecursiveChunker:
    """Packs whole neighbouring units of a text into pieces, in linear time."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    @property
    def fingerprint(self) -> str:
        """Version of the method and its parameters."""
        return f"recursive-{_VERSION}-{self._budget.fingerprint}"

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Ascending, disjoint pieces."""
        costs = Costs(text, self._budget.tokens)
        ranges, units = packed(text, costs, self._budget.beside(title))
        return PieceMaker(text, costs, units).make(ranges)


def packed(text: str, costs: Costs, budget: int) -> tuple[list[Range], list[Range]]:
    """(pieces, sentences) of a text: ascending, disjoint, each holding every visible
    character, without white space at their ends; a piece costs at most `budget`."""
    units: list[Range] = []
    packer = Packer(text, costs, budget)
    for block in blocks(text):
        inner = within(text, block)
        _add(packer, text, block, inner)
        units += inner
    return packer.finish(), units


def _add(packer: Packer, text: str, block: Block, inner: Sequence[Range]) -> None:
    start, end = inner[0][0], inner[-1][1]
    if block.kind is BlockKind.HEADING:
        packer.add_heading(start, end)
    elif block.kind is BlockKind.CODE:
        packer.add_block(start, end, lines(text, block.start, block.end), whole=True)
    else:
        packer.add_block(start, end, inner, whole=False)
