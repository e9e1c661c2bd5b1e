"""Markdown."""

import re

from rag_server.core.documents import Parsed
from rag_server.text.blocks import Block, BlockKind, blocks

_ATX = re.compile(r"\s*#{1,6}(?:[ \t]+|$)(.*?)(?:[ \t]+#+)?\s*$")
_MARKUP = re.compile(r"[*_`]+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")


class MarkdownParser:
    """Keeps the text as it is, markup included, so that spans point into what the
    owner sent. The title is the first heading that is not in a block of code."""

    def parse(self, content: str) -> Parsed:
        """The content itself with the text of its first heading."""
        headings = (each for each in blocks(content) if each.kind is BlockKind.HEADING)
        titles = (_title(content, each) for each in headings)
        return Parsed(content, next((each for each in titles if each), ""))


def _title(content: str, heading: Block) -> str:
    lines = content[heading.start : heading.end].strip().splitlines()
    atx = _ATX.match(lines[0])
    line = atx[1] if atx else " ".join(each.strip() for each in lines[:-1])
    return _MARKUP.sub("", _LINK.sub(r"\1", line)).strip()
