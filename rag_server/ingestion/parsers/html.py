"""HTML."""

from lxml import etree

from rag_server.core.documents import Parsed
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.ingestion.parsers.title import bounded
from rag_server.ingestion.parsers.visible import VisibleText


class HtmlParser:
    """Keeps what a reader of the page would see, in document order: paragraphs set
    apart by blank lines, list items by a dash, cells of a table row by tabs.

    Parsing is libxml2's, which repairs malformed pages as browsers do. It runs as
    a stream of events without a tree: nothing recurses and no nesting is too deep.
    """

    def parse(self, content: str) -> Parsed:
        """The visible text; the title is that of the page, else its first `h1`.
        Raises InvalidRequest for content that cannot be read at all."""
        page = VisibleText()
        # Encoded here, so that a charset which the page declares has no say.
        parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True)
        try:
            parser.feed(content.encode())
            parser.close()
        except (etree.LxmlError, UnicodeError) as error:
            raise InvalidRequest.of(Violation("content", "cannot be read as HTML")) from error
        return Parsed(page.text, bounded(page.title))
