"""HTML."""

from rag_server.core.content import Parsed
from rag_server.ingestion.parsers.encoding import decoded
from rag_server.ingestion.parsers.title import bounded
from rag_server.ingestion.parsers.visible import VisibleText
from rag_server.ingestion.refusal import unreadable


class HtmlParser:
    """Keeps what a reader of the page would see, in document order: paragraphs set
    apart by blank lines, list items by a dash, cells of a table row by tabs.

    Parsing is libxml2's, which repairs malformed pages as browsers do. It runs as
    a stream of events without a tree: nothing recurses and no nesting is too deep.
    """

    def parse(self, content: bytes) -> Parsed:
        """The visible text and its tables; the title is that of the page, else its first
        `h1`. Raises InvalidRequest for content that cannot be read at all."""
        from lxml import etree

        page = VisibleText()
        # A charset which the page declares has no say.
        parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
        try:
            parser.feed(decoded(content).encode())
            parser.close()
        except etree.LxmlError:
            raise unreadable("cannot be read as HTML") from None
        return Parsed(page.text, bounded(page.title), page.marks, tables=page.tables)
