"""JSON lines."""

import json
from collections.abc import Iterator
from typing import Any

from rag_server.core.content import Parsed
from rag_server.ingestion.parsers.encoding import decoded
from rag_server.ingestion.parsers.records import joined, record
from rag_server.ingestion.refusal import unreadable


class JsonLinesParser:
    """One paragraph a line: each value with its path, as in `name: Ada; address.city: London`.
    Nulls and what is empty are left out, items of a list are joined by commas."""

    def parse(self, content: bytes) -> Parsed:
        """The records as text, in order; there is no title. Raises InvalidRequest naming the
        first line that is no JSON."""
        # Not splitlines: JSON strings may hold U+2028 and its kind as they are.
        lines = enumerate(decoded(content).split("\n"), start=1)
        return Parsed(joined(_record(line, number) for number, line in lines if line.strip()))


def _record(line: str, number: int) -> str:
    try:
        return record(_fields("", json.loads(line)))
    except ValueError:
        raise unreadable(f"line {number} is no JSON") from None
    except RecursionError:
        raise unreadable(f"line {number} is nested too deeply") from None


def _fields(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """(path, text) of every value within `value`."""
    match value:
        case dict():
            for name, each in value.items():
                yield from _fields(f"{path}.{name}" if path else name, each)
        case list() if any(isinstance(each, dict | list) for each in value):
            for each in value:
                yield from _fields(path, each)
        case list():
            yield path, ", ".join(map(_scalar, value))
        case _:
            yield path, _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
