"""Readers of raw content, one per content type. The libraries that they need are imported
when they are needed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rag_server.core.content import ContentType
from rag_server.ingestion.parsers.csv import CsvParser
from rag_server.ingestion.parsers.docx import DocxParser
from rag_server.ingestion.parsers.html import HtmlParser
from rag_server.ingestion.parsers.image import ImageParser
from rag_server.ingestion.parsers.jsonl import JsonLinesParser
from rag_server.ingestion.parsers.markdown import MarkdownParser
from rag_server.ingestion.parsers.pdf import PdfParser
from rag_server.ingestion.parsers.plain import PlainParser

if TYPE_CHECKING:
    # Would import numpy, for which the processes that only parse have no use.
    from rag_server.core.protocols import Parser

PARSERS: Mapping[ContentType, "Parser"] = {
    ContentType.PLAIN: PlainParser(),
    ContentType.MARKDOWN: MarkdownParser(),
    ContentType.HTML: HtmlParser(),
    ContentType.PDF: PdfParser(),
    ContentType.DOCX: DocxParser(),
    ContentType.CSV: CsvParser(),
    ContentType.JSONL: JsonLinesParser(),
    ContentType.CODE: PlainParser(),
    ContentType.IMAGE: ImageParser(),
}
