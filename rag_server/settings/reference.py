"""What can be set: the list behind the error messages and `docs/settings.md`."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from rag_server.settings.model import Settings

PREFIX = "RAGRPC_"

_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    Path: "a path",
    SecretStr: "text, kept secret",
}
_PATTERNS = {
    r"^https?://[^\s/]+": "beginning with http:// or https://",
    r"^[^\s/]+$": "without spaces or slashes",
    "^[0-9a-fA-F]{64}$": "of 64 hexadecimal digits",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting: `path` as in YAML, `default` and `allowed` in words."""

    path: str
    variable: str
    default: str
    allowed: str
    meaning: str


def entries() -> Iterator[Entry]:
    """All settings, in the order of the model."""
    for section, info in Settings.model_fields.items():
        for name, field in _section(info).model_fields.items():
            yield Entry(
                f"{section}.{name}",
                f"{PREFIX}{section}__{name}".upper(),
                _default(field),
                _allowed(field),
                field.description or "",
            )


def _section(info: FieldInfo) -> Any:
    return info.annotation


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        extra = field.json_schema_extra
        assert isinstance(extra, dict), "a default that is computed says so in words"
        return str(extra["default"])
    if field.default is None:
        return "unset"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return f"{field.default:g}" if isinstance(field.default, float) else str(field.default)


def _allowed(field: FieldInfo) -> str:
    kind = _kind(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) for choice in get_args(kind))
    return " ".join([_WORDS[kind], *_bounds(field)])


def _kind(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    # An alias such as LocalPath keeps its wrapper inside a union.
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _bounds(field: FieldInfo) -> Iterator[str]:
    limits = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("ge", "gt", "le")
        if getattr(rule, name, None) is not None
    }
    if "ge" in limits:
        yield f"from {limits['ge']}"
    if "gt" in limits:
        yield f"above {limits['gt']}"
    if "le" in limits:
        yield f"to {limits['le']}"
    patterns = [rule.pattern for rule in field.metadata if getattr(rule, "pattern", None)]
    if patterns:
        yield _PATTERNS[patterns[0]]
    elif any(getattr(rule, "min_length", None) for rule in field.metadata):
        yield "that is not empty"
