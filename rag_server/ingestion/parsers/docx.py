"""Word documents (.docx)."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from rag_server.core.content import Parsed, Table
from rag_server.ingestion.parsers.encoding import visible
from rag_server.ingestion.parsers.extra import not_installed
from rag_server.ingestion.parsers.marked import MarkedText, bounded_tables, caption
from rag_server.ingestion.parsers.title import bounded, of_properties
from rag_server.ingestion.parsers.word import Block, BlockRole, Style, blocks, styles
from rag_server.ingestion.refusal import unreadable
from rag_server.text.headings import HeadingPath

if TYPE_CHECKING:
    from docx.document import Document

# Beginning of the container that Word writes for encrypted files and wrote for .doc.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"


class DocxParser:
    """Headings, paragraphs, lists (with dashes) and tables (a line a row, the first of them the
    header, cells set apart by tabs) in the order of reading; each mark names the heading. What
    is deleted in tracked changes, headers, footers, notes and comments are left out. Pages are
    not known: they come about when somebody prints."""

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
    tables, above = list[Table](), ""
    for block in blocks(document.element.body, known):
        block_text = _shown(block)
        words = " ".join(block_text.split())
        if block.role is BlockRole.HEADING:
            path.enter(block.level, words)
            first = first or words
        elif block.role is BlockRole.TITLE:
            title = title or words
        start = text.add(block_text, heading=str(path))
        if block.role is BlockRole.TABLE and "\n" in block_text:
            tables.append(_table(block_text, start, above))
        if words:
            above = caption(words) if block.role is BlockRole.TEXT else ""
    own = bounded(title) or of_properties(visible(document.core_properties.title))
    title = own or bounded(first)
    return Parsed(text.text, title, text.marks, tables=bounded_tables(tables))


def _shown(block: Block) -> str:
    """What a reader sees of it; each line of a table says something."""
    text = visible(block.text)
    if block.role is not BlockRole.TABLE:
        return text
    return "\n".join(line for line in text.split("\n") if line.strip())


def _table(text: str, start: int, above: str) -> Table:
    header, _, _ = text.partition("\n")
    body = start + len(header.encode()) + 1
    return Table(start, body, start + len(text.encode()), above)
