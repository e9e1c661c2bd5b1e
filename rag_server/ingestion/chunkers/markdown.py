"""Chunks along the headings of a markdown document."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rag_server.core.content import ContentType
from rag_server.core.documents import Piece
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.costs import Costs
from rag_server.ingestion.chunkers.packing import Packer
from rag_server.ingestion.chunkers.pieces import PieceMaker, Range
from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.headings import HeadingPath, heading_text
from rag_server.text.sentences import lines, trim, within

_VERSION = 2
# YAML between two rules; else its second rule would make a heading of it.
_FRONT_MATTER = re.compile(
    r"---[ \t]*\r?\n[\w-]+[ \t]*:(?:[^\n]*\n)+?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)"
)
_INDENTED = re.compile(r"[ \t]")


@dataclass(slots=True)
class _Section:
    """What stands under one path of headings, these included."""

    path: str = ""
    blocks: list[Block] = field(default_factory=list)
    # Whether nothing but headings is in it.
    bare: bool = True


class MarkdownChunker:
    """Fills pieces with the blocks of one section, in linear time. Lists, tables and fenced
    code are kept whole where they fit, then items, rows and lines. A heading without text of
    its own stands at the beginning of the next section. Sections are read from the text
    itself, so that any text with such headings is cut well."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    @property
    def fingerprint(self) -> str:
        """Version of the method and its parameters."""
        return f"markdown-{_VERSION}-{self._budget.fingerprint}"

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Ascending, disjoint pieces; the heading of each is its path, as in "Install > Linux"."""
        costs = Costs(text, self._budget.tokens)
        budget = self._budget.beside(title)
        sections = list(_sections(text))
        units = [
            unit for section in sections for block in section.blocks for unit in within(text, block)
        ]
        maker = PieceMaker(text, costs, units)
        return [
            piece
            for section in sections
            for piece in maker.make(_packed(text, costs, budget, section), heading=section.path)
        ]


def _sections(text: str) -> Iterator[_Section]:
    section, path = _Section(), HeadingPath()
    for block in _blocks(text):
        if block.kind is BlockKind.HEADING:
            path.enter(block.level, heading_text(text, block))
            if not section.bare:
                yield section
                section = _Section()
            section.path = str(path)
        else:
            section.bare = False
        section.blocks.append(block)
    yield section


def _blocks(text: str) -> Iterator[Block]:
    front = _FRONT_MATTER.match(text)
    base = front.end() if front else 0
    if front:
        yield Block(0, base, BlockKind.CODE, 0, spaced=True)
    for block in blocks(text[base:]):
        yield Block(base + block.start, base + block.end, block.kind, block.level, block.spaced)


def _packed(text: str, costs: Costs, budget: int, section: _Section) -> list[Range]:
    packer = Packer(text, costs, budget)
    for group in _groups(text, section.blocks):
        start, end = trim(text, group[0].start, group[-1].end)
        kind = group[0].kind
        if kind is BlockKind.HEADING:
            packer.add_heading(start, end)
        else:
            whole = kind is not BlockKind.PARAGRAPH
            packer.add_block(start, end, _parts(text, costs, budget, group), whole)
    return packer.finish()


def _groups(text: str, own: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks that belong together: the items of a list, the rows of a table."""
    group: list[Block] = []
    for block in own:
        if group and not _continues(text, group[0], block):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _continues(text: str, first: Block, block: Block) -> bool:
    if first.kind is BlockKind.ITEM:
        within_item = block.kind in (BlockKind.PARAGRAPH, BlockKind.CODE)
        indented = within_item and bool(_INDENTED.match(text, block.start))
        return block.kind is BlockKind.ITEM or indented
    return first.kind is BlockKind.ROW and block.kind is BlockKind.ROW and not block.spaced


def _parts(text: str, costs: Costs, budget: int, group: Sequence[Block]) -> Iterator[Range]:
    for block in group:
        whole = trim(text, block.start, block.end)
        if len(group) > 1 and costs.of(*whole) <= budget:
            yield whole
        elif block.kind is BlockKind.CODE:
            yield from lines(text, block.start, block.end)
        else:
            yield from within(text, block)
