"""The JSON form of the client's values: their fields by name, as `schemas/` describes them."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict

from rag_client._convert.pipelines import pipeline_message
from rag_client.errors import RagError
from rag_client.types import (
    CitationFound,
    Completed,
    Degraded,
    Event,
    HitsFound,
    PipelineSpec,
    Started,
    TextDelta,
    TextRetracted,
)
from rag_client.types.chunking import STRATEGIES, strategy_of

EVENT_NAMES = {
    Started: "started",
    HitsFound: "hits",
    TextDelta: "delta",
    CitationFound: "citation",
    TextRetracted: "retraction",
    Degraded: "degradation",
    Completed: "completed",
}


def document(value: object) -> str:
    """One JSON document on one line."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def event(value: Event) -> dict[str, Any]:
    """An event with its kind in the field `event`."""
    return {"event": EVENT_NAMES[type(value)], **plain(value)}


def error(value: RagError) -> dict[str, Any]:
    """What a program needs to know of an error."""
    return {
        "code": value.code.name,
        "reason": value.reason,
        "message": value.message,
        "violations": plain(value.violations),
        "retry_after": value.retry_after,
        "request_id": value.request_id,
    }


def plain(value: Any) -> Any:
    """Dicts, lists and scalars only; instants in RFC 3339, durations in seconds."""
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case tuple() | list():
            return [plain(each) for each in value]
        case _ if is_dataclass(value) or isinstance(value, RagError):
            return _object(value)
        case _:
            return value


def _object(value: Any) -> dict[str, Any]:
    match value:
        case RagError():
            return error(value)
        case PipelineSpec():
            # As in a file of pipelines.
            return MessageToDict(pipeline_message(value), preserving_proto_field_name=True)
        case _ if type(value) in STRATEGIES.values():
            return {"strategy": strategy_of(value), **_fields(value)}
        case _:
            return _fields(value)


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
