"""PDF."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag_server.core.content import Parsed
from rag_server.ingestion.parsers.encoding import visible
from rag_server.ingestion.parsers.extra import not_installed
from rag_server.ingestion.parsers.lines import paragraphs
from rag_server.ingestion.parsers.marked import MarkedText
from rag_server.ingestion.parsers.outline import Entry, sections
from rag_server.ingestion.parsers.title import of_properties
from rag_server.ingestion.refusal import unreadable
from rag_server.text.headings import HeadingPath

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfiumError


class PdfParser:
    """The text of all pages, in order, by PDFium; each mark names the page and, where the
    document has an outline, the section. Pages without text are passed over."""

    def parse(self, content: bytes) -> Parsed:
        """The text; the title is that of the document's properties. Raises InvalidRequest for
        a document that is damaged or needs a password, PreconditionFailed without PDFium."""
        try:
            from pypdfium2 import PdfDocument, PdfiumError
        except ImportError:
            raise not_installed("PDF") from None
        try:
            document = PdfDocument(content)
        except PdfiumError as error:
            raise _refused(error) from None
        try:
            return _parsed(document)
        except PdfiumError:
            raise unreadable("is a damaged PDF: a page cannot be read") from None
        finally:
            document.close()


def _parsed(document: "PdfDocument") -> Parsed:
    text, outline, path = MarkedText(), _outline(document), HeadingPath()
    for number, blocks in enumerate(_pages(document), start=1):
        for block, heading in sections(blocks, outline.get(number, ()), path):
            text.add(block, number, heading)
    title = visible(document.get_metadata_value("Title"))
    return Parsed(text.text, of_properties(title), text.marks)


def _pages(document: "PdfDocument") -> Iterator[Sequence[str]]:
    """The paragraphs of every page."""
    for number in range(len(document)):
        page = document[number]
        lines = page.get_textpage()
        yield [visible(each) for each in paragraphs(lines)]
        lines.close()
        page.close()


def _outline(document: "PdfDocument") -> Mapping[int, Sequence[Entry]]:
    """The sections that begin on a page, by its number from 1."""
    entries: dict[int, list[Entry]] = {}
    for bookmark in document.get_toc():
        destination = bookmark.get_dest()
        index = destination.get_index() if destination else None
        title = " ".join(visible(bookmark.get_title()).split())
        if index is not None and title:
            entries.setdefault(index + 1, []).append(Entry(bookmark.level + 1, title))
    return entries


def _refused(error: "PdfiumError") -> Exception:
    from pypdfium2 import raw

    if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
        return unreadable("is an encrypted PDF: remove its password")
    return unreadable("is not a PDF, or is damaged")
