"""Chunks along the definitions of source code."""

from collections.abc import Sequence
from hashlib import sha256

from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.ingestion.chunkers.definitions import Enclosing
from rag_server.ingestion.chunkers.languages import language_of, parsed, require_grammars
from rag_server.ingestion.chunkers.outline import Outline, Unit
from rag_server.ingestion.chunkers.packing import Packer
from rag_server.ingestion.chunkers.pieces import PieceMaker, Range
from rag_server.ingestion.chunkers.recursive import RecursiveChunker
from rag_server.text.sentences import lines

_VERSION = 2
# Plain text too: that is what a type left out means.
_MAY_BE_CODE = frozenset((ContentType.CODE, ContentType.PLAIN))
# A syntax tree takes some hundred times the memory of its text.
_LONGEST = 2**20


class CodeChunker:
    """Fills pieces with whole neighbouring functions and classes; what does not fit is cut
    between its members or statements, then between lines. Comments above a definition stay
    with it. Prose, what is in no known language, and texts of over a million characters are
    left to the RecursiveChunker. `language`: that of every document; empty: told from each.

    Raises PreconditionFailed where the extra with the grammars is not installed.
    """

    def __init__(self, budget: Budget, language: str) -> None:
        self._budget = budget
        self._language = language
        self._grammars = sha256(require_grammars().encode()).hexdigest()[:12]
        self._otherwise = RecursiveChunker(budget)

    @property
    def fingerprint(self) -> str:
        """Version of the method and its grammars, and its parameters."""
        made = f"code-{_VERSION}-{self._grammars}-{self._language}"
        return f"{made}-{self._otherwise.fingerprint}"

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Ascending, disjoint pieces. The heading of each names the definitions that hold all
        of it, as in "Stack > push"."""
        if content_type not in _MAY_BE_CODE or len(text) > _LONGEST or not text.strip():
            return self._otherwise.chunk(text, content_type, title)
        is_code = content_type is ContentType.CODE
        language = self._language or language_of(text, hints, is_code=is_code)
        if not language:
            return self._otherwise.chunk(text, content_type, title)
        return _pieces(text, language, Costs(text, self._budget.tokens), self._budget.beside(title))


def _pieces(text: str, language: str, costs: Costs, budget: int) -> list[Piece]:
    tree = parsed(text.encode(), language)
    outline = Outline(text, tree.root_node, lambda start, end: costs.of(start, end) <= budget)
    maker = PieceMaker(text, costs, [(unit.start, unit.end) for unit in outline.units])
    enclosing = Enclosing(outline.definitions)
    return [
        piece
        for start, end in _packed(text, costs, budget, outline.units)
        for piece in maker.make([(start, end)], heading=enclosing.path(start, end))
    ]


def _packed(text: str, costs: Costs, budget: int, units: Sequence[Unit]) -> list[Range]:
    packer = Packer(text, costs, budget)
    for unit in units:
        start, end = unit.start, unit.end
        if unit.opens and costs.of(start, end) <= budget // 4:
            # Like a heading: with what follows it, and apart from what stands before.
            packer.add_heading(start, end)
        else:
            packer.add_block(start, end, lines(text, start, end), whole=True)
    return packer.finish()
