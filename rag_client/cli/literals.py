"""Values as they are typed on the command line."""

import json
import re
from datetime import datetime
from typing import Any, NoReturn

from rag_client.errors import InvalidArgument
from rag_client.values import Metadata, Value, checked

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


def value(field: str, text: str) -> Value:
    """The value that `text` stands for; InvalidArgument names `field`.

    JSON where it is JSON (`7`, `0.5`, `true`, `"7"`, `["a", "b"]`), an instant where it
    begins like `2025-01-31T12:00` (UTC unless it has an offset), else the text itself.
    """
    if _INSTANT.match(text):
        return checked(field, _instant(field, text))
    try:
        found: Any = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return checked(field, text)
    if found is None or isinstance(found, dict):
        raise InvalidArgument.of(field, "must be a string, number, boolean, instant or list")
    return checked(field, found)


def _no_constant(name: str) -> NoReturn:
    # NaN and Infinity are no JSON: they are words here.
    raise ValueError(name)


def _instant(field: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidArgument.of(field, f"{text!r} is no ISO 8601 instant") from None


def metadata(pairs: list[str]) -> Metadata:
    """Metadata from `key=value` pairs; InvalidArgument for a pair without key or `=`, and
    for a key that repeats."""
    found: dict[str, Value] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not (key and equals):
            raise InvalidArgument.of("--metadata", f"{pair!r} is not of the form key=value")
        if key in found:
            raise InvalidArgument.of("--metadata", f"{key!r} is given twice")
        found[key] = value(f"--metadata {key}", text)
    return found
