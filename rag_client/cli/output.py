"""What commands print: JSON documents, tables, and text that is safe on a terminal."""

import re
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag_client.cli import encoding

# Everything that could move the cursor or restyle the terminal; newline and tab may stay.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def json_line(value: object) -> None:
    """One JSON document, at once."""
    print(encoding.document(value), flush=True)  # noqa: T201  # this is the output


def line(text: str = "") -> None:
    """One line (or several) of text."""
    write(f"{text}\n")


def write(text: str) -> None:
    """Text as it comes, at once; on a terminal without its control characters."""
    sys.stdout.write(_visible(text) if _on_terminal() else text)
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for the person at the terminal, apart from the output."""
    print(_visible(text), file=sys.stderr, flush=True)  # noqa: T201  # this is the output


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under headings on a terminal; tab-separated lines without headings elsewhere."""
    if not _on_terminal():
        for row in rows:
            line("\t".join(_cell(each) for each in row))
        return
    shown = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        shown.add_row(*(Text(_cell(each)) for each in row))
    Console().print(shown)


def _cell(value: object) -> str:
    return _visible(str(value)).replace("\n", " ").replace("\t", " ")


def _visible(text: str) -> str:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _on_terminal() -> bool:
    return sys.stdout.isatty()
