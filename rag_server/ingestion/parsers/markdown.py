"""Markdown."""

from collections.abc import Iterator

from rag_server.core.content import Mark, Parsed
from rag_server.ingestion.parsers.encoding import decoded
from rag_server.ingestion.parsers.marked import bounded_marks
from rag_server.ingestion.parsers.title import bounded
from rag_server.text.blocks import Block, BlockKind, blocks
from rag_server.text.headings import HeadingPath, heading_text


class MarkdownParser:
    """Keeps the text as it is, markup included, so that spans point into what the
    owner sent. The title is the first heading that is not in a block of code."""

    def parse(self, content: bytes) -> Parsed:
        """The content itself with the text of its first heading, and a mark at each heading."""
        text = decoded(content)
        headings = [
            (each, heading_text(text, each))
            for each in blocks(text)
            if each.kind is BlockKind.HEADING
        ]
        title = next((words for _, words in headings if words), "")
        return Parsed(text, bounded(title), bounded_marks(_marks(text, headings)))


def _marks(text: str, headings: list[tuple[Block, str]]) -> Iterator[Mark]:
    path, position, byte = HeadingPath(), 0, 0
    for block, words in headings:
        byte += len(text[position : block.start].encode())
        position = block.start
        path.enter(block.level, words)
        yield Mark(byte, heading=str(path))
