"""Files as people send them, made for tests."""

from collections.abc import Sequence
from io import BytesIO

import docx
from docx.document import Document as WordDocument

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    body, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    size = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
    end = b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
    return body + table + end % (size, trailer, len(body))


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries, content)


def a_pdf(
    pages: Sequence[Sequence[str]], title: str = "", outline: Sequence[tuple[str, int]] = ()
) -> bytes:
    """Pages of lines; an empty line is a gap. `outline`: title and page (from 1) of sections."""
    objects = [b"", b"", _FONT, b"<< /Title (%b) >>" % title.encode("cp1252")]
    kids = []
    for lines in pages:
        objects.append(stream(_drawn(lines)))
        kids.append(len(objects) + 1)
        objects.append(_PAGE % len(objects))
    children = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (children, len(kids))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    if outline:
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R /Outlines %d 0 R >>" % (len(objects) + 1)
        objects += _bookmarks([(name, kids[page - 1]) for name, page in outline], len(objects) + 1)
    return pdf_of(objects, b"/Info 4 0 R")


_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
    b" /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
)


def _drawn(lines: Sequence[str]) -> bytes:
    shown = b" ".join(b"(%b) Tj T*" % _escaped(line) for line in lines)
    return b"BT /F1 12 Tf 72 720 Td 16 TL %b ET" % shown


def _escaped(line: str) -> bytes:
    encoded = line.encode("cp1252")
    for each in (b"\\", b"(", b")"):
        encoded = encoded.replace(each, b"\\" + each)
    return encoded


def _bookmarks(entries: Sequence[tuple[str, int]], root: int) -> list[bytes]:
    first, last = root + 1, root + len(entries)
    objects = [b"<< /First %d 0 R /Last %d 0 R /Count %d >>" % (first, last, len(entries))]
    for number, (name, page) in enumerate(entries, start=first):
        following = b"/Next %d 0 R" % (number + 1) if number < last else b""
        target = b"/Dest [%d 0 R /Fit]" % page
        entry = b"<< /Title (%b) /Parent %d 0 R %b %b >>"
        objects.append(entry % (_escaped(name), root, target, following))
    return objects


def a_docx(*paragraphs: str) -> bytes:
    """A Word document of plain paragraphs."""
    document = docx.Document()
    for each in paragraphs:
        document.add_paragraph(each)
    return saved(document)


def saved(document: WordDocument) -> bytes:
    """A Word document as its file."""
    file = BytesIO()
    document.save(file)
    return file.getvalue()
