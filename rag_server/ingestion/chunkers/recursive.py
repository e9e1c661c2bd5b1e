"""Chunks by structure first: sections, paragraphs, sentences, words, at last tokens."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rag_server.core.documents import ContentType, Piece
from rag_server.ingestion.chunkers.costs import Costs, TokenOffsets
from rag_server.ingestion.chunkers.packing import Packer
from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import trim, within

_VERSION = 1
_SMALLEST_BUDGET = 64

Range = tuple[int, int]


class RecursiveChunker:
    """Packs whole neighbouring units of a text into pieces of at most `max_tokens`.

    `tokens` are the embedder's own. A piece together with the title, of which
    the embedder sees at most `title_tokens`, fits into `window` tokens (those
    of the embedder less the special ones); a long title thus shrinks pieces,
    but never below 64 tokens. The time is linear in the length of the text.
    """

    def __init__(
        self,
        tokens: TokenOffsets,
        *,
        max_tokens: int = 200,
        window: int = 254,
        title_tokens: int = 64,
    ) -> None:
        self._tokens = tokens
        self._max_tokens = max_tokens
        self._window = window
        self._title_tokens = title_tokens

    @property
    def fingerprint(self) -> str:
        """Version of the method and its parameters."""
        parameters = f"{self._max_tokens}-{self._window}-{self._title_tokens}"
        return f"recursive-{_VERSION}-{parameters}"

    def chunk(
        self,
        text: str,
        content_type: ContentType,  # noqa: ARG002 - the structure is read from the text itself
        title: str,
    ) -> list[Piece]:
        """Ascending, disjoint pieces that hold every visible character of `text`,
        without white space at their ends. Empty for blank text."""
        if not text or text.isspace():
            return []
        costs = Costs(text, self._tokens)
        units: list[Range] = []
        packer = Packer(text, costs, self._budget(title))
        for block in blocks(text):
            inner = within(text, block)
            _add(packer, text, block, inner)
            units += inner
        return _pieces(text, packer.finish(), units, costs)

    def _budget(self, title: str) -> int:
        title_tokens = min(len(self._tokens(title)), self._title_tokens) if title else 0
        return max(_SMALLEST_BUDGET, min(self._max_tokens, self._window - title_tokens))


def _add(packer: Packer, text: str, block: Block, inner: Sequence[Range]) -> None:
    start, end = inner[0][0], inner[-1][1]
    if block.kind is BlockKind.HEADING:
        packer.add_heading(start, end)
    elif block.kind is BlockKind.CODE:
        packer.add_block(start, end, _lines(text, block), whole=True)
    else:
        packer.add_block(start, end, inner, whole=False)


def _lines(text: str, block: Block) -> list[Range]:
    ranges, start = [], block.start
    for line in text[block.start : block.end].splitlines(keepends=True):
        ranges.append(trim(text, start, start + len(line)))
        start += len(line)
    return [(start, end) for start, end in ranges if start < end]


def _pieces(
    text: str, ranges: Sequence[Range], units: Sequence[Range], costs: Costs
) -> list[Piece]:
    offsets = ByteOffsets(text)
    begins, ends = [start for start, _ in units], [end for _, end in units]
    pieces = []
    for start, end in ranges:
        (span,) = offsets.spans([(start, end)])
        inside = units[bisect_right(ends, start) : bisect_left(begins, end)]
        clipped = (trim(text, max(start, begin), min(end, stop)) for begin, stop in inside)
        relative = (each.shift(-span.start) for each in offsets.spans(clipped))
        whole = tuple(each for each in relative if each.start < each.end)
        pieces.append(Piece(span, costs.of(start, end), whole))
    return pieces
