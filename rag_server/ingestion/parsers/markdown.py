"""Markdown."""

from rag_server.core.documents import Parsed
from rag_server.ingestion.parsers.title import bounded
from rag_server.text.blocks import BlockKind, blocks
from rag_server.text.headings import heading_text


class MarkdownParser:
    """Keeps the text as it is, markup included, so that spans point into what the
    owner sent. The title is the first heading that is not in a block of code."""

    def parse(self, content: str) -> Parsed:
        """The content itself with the text of its first heading."""
        headings = (each for each in blocks(content) if each.kind is BlockKind.HEADING)
        titles = (bounded(heading_text(content, each)) for each in headings)
        return Parsed(content, next((each for each in titles if each), ""))
