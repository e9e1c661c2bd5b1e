"""Metadata as JSON that gives back exactly what went in.

JSON already tells int from float and bool, at any size. A list stands for a tuple and an
object for what JSON lacks: `{"at": "2026-01-01T00:00:00+00:00"}` is a timestamp.
"""

import json
from datetime import UTC, datetime
from typing import Any

from rag_server.core.values import Metadata, Value

# `raw_decode` spares the hot path a search for blanks that are not there.
_DECODER = json.JSONDecoder()


def encode_metadata(metadata: Metadata) -> str:
    """Text for `decode_metadata`; fields keep their order."""
    return json.dumps(
        {field: plain(value) for field, value in metadata.items()}, separators=(",", ":")
    )


def decode_metadata(encoded: str) -> dict[str, Value]:
    """What `encode_metadata` was given; timestamps come back in UTC."""
    fields: dict[str, Any]
    fields, _ = _DECODER.raw_decode(encoded)
    for field, value in fields.items():
        if isinstance(value, list | dict):
            fields[field] = typed(value)
    return fields


def plain(value: Value) -> Any:
    """A value as `json` writes it."""
    return {"at": value.astimezone(UTC).isoformat()} if isinstance(value, datetime) else value


def typed(value: Any) -> Value:
    """A value as `json` read it, in the domain's types."""
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"])
    result: Value = tuple(value) if isinstance(value, list) else value
    return result
