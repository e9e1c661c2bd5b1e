"""Reads the XML of Word: blocks in the order of reading, and the roles that styles give them.

Elements are those of lxml. Nothing recurses deeper than libxml2 lets elements nest (256).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CONTAINERS = frozenset(
    f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag")
)
# Not read: properties, what was deleted, what stands elsewhere, older copies of drawings.
_UNREAD = frozenset(
    (
        *(f"{_W}{name}" for name in ("pPr", "rPr", "del", "moveFrom", "txbxContent", "tbl")),
        _FALLBACK,
    )
)
_TEXTS = {
    f"{_W}tab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}
_HEADING = re.compile(r"heading ([1-9])")
# "List Paragraph" is what Word gives to any indented paragraph.
_LIST = re.compile(r"list (?!paragraph)")
_BODY_LEVEL = 9


class BlockRole(Enum):
    """What a block is to its document."""

    TITLE = auto()
    HEADING = auto()
    ITEM = auto()
    TABLE = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a table with a line a row and tabs between its cells; `level` of a
    heading from 1, else 0."""

    role: BlockRole
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """A style of paragraphs. `level` in the outline from 0, 9 being that of ordinary text;
    None: that of the style it is `based_on`, which is an id."""

    name: str
    level: int | None
    based_on: str


def styles(element: Any) -> dict[str, Style]:
    """Styles by id, of a `w:styles`."""
    return {each.get(f"{_W}styleId", ""): _style(each) for each in element.iterfind(f"{_W}style")}


def _style(element: Any) -> Style:
    name = _value(element.find(f"{_W}name")).lower()
    return Style(name, _level(name, element), _value(element.find(f"{_W}basedOn")))


def blocks(element: Any, known: Mapping[str, Style]) -> Iterator[Block]:
    """Blocks of a body or cell, in order; those of a text box follow its paragraph."""
    for child in element:
        if child.tag == f"{_W}p":
            yield _paragraph(child, known)
            for box in _boxes(child):
                yield from blocks(box, known)
        elif child.tag == f"{_W}tbl":
            yield from _table(child, known)
        elif child.tag in _CONTAINERS:
            yield from blocks(child, known)


def _paragraph(element: Any, known: Mapping[str, Style]) -> Block:
    text = "".join(_texts(element))
    role, level = _role(element.find(f"{_W}pPr"), known)
    return Block(role, f"- {text}" if role is BlockRole.ITEM and text.strip() else text, level)


def _texts(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in (f"{_W}t", _MATH_TEXT):
            yield child.text or ""
        elif child.tag in _TEXTS:
            yield _TEXTS[child.tag]
        elif child.tag not in _UNREAD:
            yield from _texts(child)


def _boxes(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == f"{_W}txbxContent":
            yield child
        elif child.tag != _FALLBACK:
            yield from _boxes(child)


def _table(element: Any, known: Mapping[str, Style]) -> Iterator[Block]:
    rows = [row.findall(f"{_W}tc") for row in element.iterfind(f"{_W}tr")]
    if all(len(cells) <= 1 for cells in rows):
        # One column is a frame around paragraphs rather than a table.
        for cell in (each for cells in rows for each in cells):
            yield from blocks(cell, known)
        return
    lines = ("\t".join(_cell(each, known) for each in cells).rstrip() for cells in rows)
    yield Block(BlockRole.TABLE, "\n".join(line for line in lines if line.strip()))


def _cell(element: Any, known: Mapping[str, Style]) -> str:
    words = (word for block in blocks(element, known) for word in block.text.split())
    return " ".join(words)


def _role(properties: Any, known: Mapping[str, Style]) -> tuple[BlockRole, int]:
    """The role, and the level where it is that of a heading."""
    if properties is None:
        return BlockRole.TEXT, 0
    lineage = list(_lineage(_value(properties.find(f"{_W}pStyle")), known))
    if any(style.name == "title" for style in lineage):
        return BlockRole.TITLE, 0
    levels = (_outline_level(properties), *(style.level for style in lineage))
    level = next((each for each in levels if each is not None), _BODY_LEVEL)
    if level < _BODY_LEVEL:
        return BlockRole.HEADING, level + 1
    listed = properties.find(f"{_W}numPr") is not None or any(
        _LIST.match(style.name) for style in lineage
    )
    return (BlockRole.ITEM if listed else BlockRole.TEXT), 0


def _lineage(style_id: str, known: Mapping[str, Style]) -> Iterator[Style]:
    """A style and those that it is based on."""
    seen = set()
    while style_id in known and style_id not in seen:
        seen.add(style_id)
        yield known[style_id]
        style_id = known[style_id].based_on


def _level(name: str, style: Any) -> int | None:
    """Outline level from 0, as the style says it or as its name does."""
    if named := _HEADING.fullmatch(name):
        return int(named[1]) - 1
    properties = style.find(f"{_W}pPr")
    return None if properties is None else _outline_level(properties)


def _outline_level(properties: Any) -> int | None:
    value = _value(properties.find(f"{_W}outlineLvl"))
    return int(value) if value.isdecimal() else None


def _value(element: Any) -> str:
    return "" if element is None else element.get(f"{_W}val", "")
