"""What headings say, and the path of those that a place stands under."""

import re

from rag_server.text.blocks import Block

_MARKUP = re.compile(r"[*_`]+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
# Characters of a line that are read.
_LONGEST_LINE = 4096
_LONGEST_IN_PATH = 160
_BETWEEN = " > "


def heading_text(text: str, heading: Block) -> str:
    """The words of a heading without its markup; may be empty."""
    lines = text[heading.start : heading.end].strip().splitlines()
    underlined = " ".join(each.strip() for each in lines[:-1])
    line = underlined or _without_marks(lines[0][:_LONGEST_LINE])
    return without_markup(line)


def without_markup(text: str) -> str:
    """Words of Markdown without emphasis, code marks and targets of links."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text)).strip()


def _without_marks(line: str) -> str:
    """The text of a line such as `## text ##`; in `# C#` the last mark is text."""
    text = line.lstrip("#").strip()
    bare = text.rstrip("#")
    return text if bare and not bare[-1].isspace() else bare.rstrip()


class HeadingPath:
    """The headings that stand over the place that was reached, outermost first; as a string
    "Install > Linux". Of each at most 160 characters are kept."""

    def __init__(self) -> None:
        self._entered: list[tuple[int, str]] = []

    def enter(self, level: int, words: str) -> None:
        """A heading was reached; it ends those of its level (from 1) and below."""
        while self._entered and self._entered[-1][0] >= level:
            self._entered.pop()
        if words:
            self._entered.append((level, words[:_LONGEST_IN_PATH].rstrip()))

    def __str__(self) -> str:
        return _BETWEEN.join(words for _, words in self._entered)
