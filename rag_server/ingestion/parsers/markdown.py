"""Markdown."""

import re

from rag_server.core.documents import Parsed
from rag_server.ingestion.parsers.title import bounded
from rag_server.text.blocks import Block, BlockKind, blocks

_MARKUP = re.compile(r"[*_`]+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
# Characters of a line that are searched for a title.
_LONGEST_LINE = 4096


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
    underlined = " ".join(each.strip() for each in lines[:-1])
    line = underlined or _without_marks(lines[0][:_LONGEST_LINE])
    return bounded(_MARKUP.sub("", _LINK.sub(r"\1", line)))


def _without_marks(line: str) -> str:
    """The text of a line such as `## text ##`; in `# C#` the last mark is text."""
    text = line.lstrip("#").strip()
    bare = text.rstrip("#")
    return text if bare and not bare[-1].isspace() else bare.rstrip()
