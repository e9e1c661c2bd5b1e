"""Markdown."""

from collections.abc import Iterable, Iterator

from rag_server.core.content import Mark, Parsed, Table
from rag_server.ingestion.parsers.encoding import decoded
from rag_server.ingestion.parsers.marked import bounded_marks, bounded_tables, caption
from rag_server.ingestion.parsers.title import bounded
from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.headings import HeadingPath, heading_text, without_markup
from rag_server.text.pipe_tables import PipeTable, pipe_tables


class MarkdownParser:
    """Keeps the text as it is, markup included, so that spans point into what the
    owner sent. The title is the first heading that is not in a block of code."""

    def parse(self, content: bytes) -> Parsed:
        """The content itself with the text of its first heading, a mark at each heading, and
        its pipe tables."""
        text = decoded(content)
        found = blocks(text)
        headings = [
            (each, heading_text(text, each)) for each in found if each.kind is BlockKind.HEADING
        ]
        title = next((words for _, words in headings if words), "")
        return Parsed(
            text,
            bounded(title),
            bounded_marks(_marks(text, headings)),
            tables=bounded_tables(_tables(text, pipe_tables(text, found))),
        )


def _marks(text: str, headings: list[tuple[Block, str]]) -> Iterator[Mark]:
    path, position, byte = HeadingPath(), 0, 0
    for block, words in headings:
        byte += len(text[position : block.start].encode())
        position = block.start
        path.enter(block.level, words)
        yield Mark(byte, heading=str(path))


def _tables(text: str, found: Iterable[PipeTable]) -> Iterator[Table]:
    position, byte = 0, 0
    for each in found:
        byte += len(text[position : each.start].encode())
        position = each.start
        header = len(text[each.start : each.body].encode())
        whole = len(text[each.start : each.end].encode())
        said = without_markup(text[each.above : each.start])
        yield Table(byte, byte + header, byte + whole, caption(said))
