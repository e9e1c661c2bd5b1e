"""Collects the visible text of a page from the events of an HTML parser."""

from collections.abc import Iterator, Mapping
from enum import IntEnum

from rag_server.core.content import Mark, Table
from rag_server.ingestion.parsers.marked import bounded_marks, bounded_tables, caption
from rag_server.ingestion.parsers.visible_tables import TableReader
from rag_server.text.headings import HeadingPath


class _Gap(IntEnum):
    """What stands between two texts; of several gaps the widest counts."""

    NOTHING = 0
    SPACE = 1
    CELL = 2
    LINE = 3
    BLOCK = 4


_GAP_TEXTS = ("", " ", "\t", "\n", "\n\n")
# What a part may begin with before its own text.
_BETWEEN_PARTS = "\n\t "
_UNSEEN = frozenset(
    (
        *("head", "iframe", "math", "noscript", "object", "script", "select", "style", "svg"),
        *("template", "textarea"),
    )
)
_GAPS: Mapping[str, _Gap] = {
    **dict.fromkeys(("td", "th"), _Gap.CELL),
    **dict.fromkeys(("br", "tr", "li"), _Gap.LINE),
    **dict.fromkeys(
        (
            *("address", "article", "aside", "blockquote", "body", "caption", "dd", "details"),
            *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1"),
            *("h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "main", "nav", "ol"),
            *("p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "ul"),
        ),
        _Gap.BLOCK,
    ),
}
_LEVELS = {f"h{level}": level for level in range(1, 7)}


class VisibleText:
    """Target of an lxml parser: `start`, `end`, `data`, `comment` and `close` are its events."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._gap = _Gap.NOTHING
        self._mark = ""
        # Open elements that hide their content, of which only the outermost is named.
        self._unseen, self._hider = 0, ""
        self._verbatim = 0
        self._titles: list[str] = []
        self._in_title = False
        # Level of each heading, and its first part and the one past its last.
        self._headings: list[tuple[int, int, int]] = []
        self._open: tuple[int, int] | None = None
        self._tables = TableReader()

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(self._parts).strip("\n")

    @property
    def title(self) -> str:
        """Title of the page, else its first heading of level 1, else empty."""
        title = " ".join("".join(self._titles).split())
        headings = (self._words(*parts) for level, *parts in self._headings if level == 1)
        return title or next((words for words in headings if words), "")

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where each heading begins, with the path of headings that holds from there on."""
        return bounded_marks(self._marked())

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are no means of layout."""
        return bounded_tables(self._told())

    def _told(self) -> Iterator[Table]:
        starts = list(self._starts())
        for each in self._tables.found:
            header, *_, last = each.rows
            body = each.rows[each.headers]
            # Verbatim text may end in white space, and begin with such as belongs to it.
            ending = self._parts[last.last - 1].lstrip(_BETWEEN_PARTS).rstrip()
            end = starts[last.last - 1] + len(ending.encode())
            said = caption(self._words(*each.caption))
            yield Table(starts[header.first], starts[body.first], end, said)

    def _marked(self) -> Iterator[Mark]:
        starts, path = list(self._starts()), HeadingPath()
        for level, first, last in self._headings:
            path.enter(level, self._words(first, last))
            if first < last:
                yield Mark(starts[first], heading=str(path))

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._in_title = tag == "title" and self._hider == "head" and not self._titles
        if self._unseen or tag in _UNSEEN or _is_hidden(attributes):
            self._hider = self._hider or tag
            self._unseen += 1
            return
        if not self._mark:
            # What a list item begins with stands beside its dash.
            self._widen(tag)
        self._verbatim += tag == "pre"
        if tag == "li":
            self._mark = "- "
        self._tables.start(tag, attributes, len(self._parts))
        if tag in _LEVELS and self._open is None:
            self._open = (_LEVELS[tag], len(self._parts))

    def end(self, tag: str) -> None:
        """An element ends."""
        self._in_title = False
        if self._unseen:
            self._unseen -= 1
            self._hider = self._hider if self._unseen else ""
            return
        self._widen(tag)
        self._verbatim -= tag == "pre"
        self._tables.end(tag, len(self._parts))
        if self._open is not None and _LEVELS.get(tag) == self._open[0]:
            self._close_heading(*self._open)

    def data(self, text: str) -> None:
        """A stretch of text; one text may come in several."""
        if self._in_title:
            self._titles.append(text)
        if self._unseen:
            return
        if self._verbatim and (text.strip() or self._gap is _Gap.NOTHING):
            self._write(text)
            return
        if text[:1].isspace():
            self._gap = max(self._gap, _Gap.SPACE)
        if words := text.split():
            self._write(" ".join(words))
            self._gap = _Gap.SPACE if text[-1].isspace() else _Gap.NOTHING

    def comment(self, text: str) -> None:
        """Comments are not seen."""

    def close(self) -> None:
        """The page has ended."""
        if self._open is not None:
            self._close_heading(*self._open)

    def _close_heading(self, level: int, first: int) -> None:
        self._headings.append((level, first, len(self._parts)))
        self._open = None

    def _words(self, first: int, last: int) -> str:
        return " ".join("".join(self._parts[first:last]).split())

    def _starts(self) -> Iterator[int]:
        """Where in the text each part begins, past the gap before it, in bytes."""
        whole = "".join(self._parts)
        position = len(whole.lstrip("\n")) - len(whole)
        for part in self._parts:
            gap = len(part) - len(part.lstrip(_BETWEEN_PARTS))
            yield max(0, position + gap)
            position += len(part.encode())

    def _widen(self, tag: str) -> None:
        self._gap = max(self._gap, _GAPS.get(tag, _Gap.NOTHING))

    def _write(self, text: str) -> None:
        gap = _GAP_TEXTS[self._gap] if self._parts else ""
        self._parts.append(f"{gap}{self._mark}{text}")
        self._gap, self._mark = _Gap.NOTHING, ""


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style", "").replace(" ", "").lower()
    return "hidden" in attributes or "display:none" in style
