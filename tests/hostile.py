"""Files that are made to hurt whoever reads them."""

import re
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import pairwise
from zipfile import ZIP_DEFLATED, ZipFile

from PIL import Image

from tests.files import a_docx, pdf_of, stream

_MAIN = "word/document.xml"
_BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>%s</w:body></w:document>"
)
_PARAGRAPH = "<w:p><w:r><w:t>%s</w:t></w:r></w:p>"


def _docx(change: Callable[[str], str]) -> bytes:
    """A Word document whose main part was changed."""
    file = BytesIO()
    with ZipFile(BytesIO(a_docx("Text."))) as source, ZipFile(file, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, change(part.decode()) if name == _MAIN else part)
    return file.getvalue()


def zip_bomb(megabytes: int) -> bytes:
    """So much XML in a few kilobytes a megabyte."""
    return _docx(lambda _: _BODY % (_PARAGRAPH % ("x" * 2**20) * megabytes))


def billion_laughs() -> bytes:
    """Entities of entities: three gigabytes of text, if they were expanded."""
    names = [f"lol{n}" for n in range(10)]
    entities = "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in pairwise(names))
    head = f'<!DOCTYPE lolz [<!ENTITY lol0 "lol">{entities}]>'
    return _docx(lambda _: head + _BODY % (_PARAGRAPH % "before&lol9;after"))


def outside_entity() -> bytes:
    """An entity that stands for a file of the server."""
    head = '<!DOCTYPE x [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>'
    return _docx(lambda _: head + _BODY % (_PARAGRAPH % "before&passwd;after"))


def deep_xml(levels: int) -> bytes:
    """Elements within elements."""
    return _docx(lambda _: _BODY % ("<w:sdt>" * levels + "</w:sdt>" * levels))


def inflated_pdf(megabytes: int) -> bytes:
    """A page whose drawing is a long one, compressed."""
    shown = b"BT /F1 12 Tf 72 720 Td " + b"(word word word word) Tj T* " * (megabytes * 2**20 // 28)
    return _one_page(stream(zlib.compress(shown + b"ET", 9), b"/Filter /FlateDecode"))


def endless_pdf(pages: int) -> bytes:
    """Says that it has so many pages, all of them the same few."""
    whole = _one_page(stream(b"BT /F1 12 Tf 72 720 Td (word) Tj ET"))
    kids = b"/Kids [%b] /Count %d" % (b"3 0 R " * 50, pages)
    return re.sub(rb"/Kids \[3 0 R\] /Count 1", kids, whole)


def looping_pdf() -> bytes:
    """Its tree of pages leads back to itself."""
    tree = b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 /Parent 2 0 R >>"
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", tree])


def _one_page(drawing: bytes) -> bytes:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>"
    )
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, drawing, font])


def deep_json(levels: int) -> bytes:
    """One line of lists within lists."""
    return b"[" * levels + b"]" * levels


def growing_csv(names: int, rows: int) -> bytes:
    """A table whose names are repeated with every row."""
    return b"x" * names + b",b\n" + b"1,2\n" * rows


def bomb_png(width: int, height: int) -> bytes:
    """Says that it has so many pixels, all of them black: a thousandth of that in bytes."""
    lines = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(lines.compress(row) for _ in range(height)) + lines.flush()
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    head = size + bytes((1, 0, 0, 0, 0))
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*part) for part in parts)


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum


def animated(colours: Sequence[tuple[int, int, int]], side: int) -> bytes:
    """A GIF with a frame of each colour."""
    first, *others = (Image.new("RGB", (side, side), colour) for colour in colours)
    file = BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=10)
    return file.getvalue()
