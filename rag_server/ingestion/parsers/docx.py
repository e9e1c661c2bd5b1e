"""Word documents (.docx)."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from rag_server.core.content import Parsed
from rag_server.ingestion.parsers.encoding import visible
from rag_server.ingestion.parsers.extra import not_installed
from rag_server.ingestion.parsers.marked import MarkedText
from rag_server.ingestion.parsers.title import bounded, of_properties
from rag_server.ingestion.parsers.word import BlockRole, Style, blocks, styles
from rag_server.ingestion.refusal import unreadable
from rag_server.text.headings import HeadingPath

if TYPE_CHECKING:
    from docx.document import Document

# Beginning of the container that Word writes for encrypted files and wrote for .doc.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"


class DocxParser:
    """Headings, paragraphs, lists (with dashes) and tables (a line a row, cells set apart by
    tabs) in the order of reading; each mark names the heading. What is deleted in tracked
    changes, headers, footers, notes and comments are left out. Pages are not known: they come
    about when somebody prints."""

    def parse(self, content: bytes) -> Parsed:
        """The text; the title is the paragraph that is styled as one, else that of the
        properties, else the first heading. Raises InvalidRequest for what is no readable .docx,
        PreconditionFailed without the library."""
        try:
            import docx
        except ImportError:
            raise not_installed("DOCX") from None
        if not is_zipfile(BytesIO(content)):
            raise unreadable(_no_package(content))
        try:
            document = docx.Document(BytesIO(content))
            return _parsed(document, styles(document.styles.element))
        except MemoryError:
            raise
        except Exception:
            # What the library raises for damaged files is of any kind.
            raise unreadable("is not a Word document (.docx), or is damaged") from None


def _no_package(content: bytes) -> str:
    if content.startswith(_COMPOUND_FILE):
        return "is an encrypted or an old (.doc) Word document: save it as .docx"
    return "is not a Word document (.docx), or is damaged"


def _parsed(document: "Document", known: Mapping[str, Style]) -> Parsed:
    text, path, first, title = MarkedText(), HeadingPath(), "", ""
    for block in blocks(document.element.body, known):
        block_text = visible(block.text)
        words = " ".join(block_text.split())
        if block.role is BlockRole.HEADING:
            path.enter(block.level, words)
            first = first or words
        elif block.role is BlockRole.TITLE:
            title = title or words
        text.add(block_text, heading=str(path))
    own = bounded(title) or of_properties(visible(document.core_properties.title))
    return Parsed(text.text, own or bounded(first), text.marks)
