"""Readers of raw content, one per content type."""

from collections.abc import Mapping

from rag_server.core.documents import ContentType
from rag_server.core.protocols import Parser
from rag_server.ingestion.parsers.html import HtmlParser
from rag_server.ingestion.parsers.markdown import MarkdownParser
from rag_server.ingestion.parsers.plain import PlainParser

PARSERS: Mapping[ContentType, Parser] = {
    ContentType.PLAIN: PlainParser(),
    ContentType.MARKDOWN: MarkdownParser(),
    ContentType.HTML: HtmlParser(),
}
