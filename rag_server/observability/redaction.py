"""Processors that keep what callers sent out of the logs: the last line of defence."""

import logging
import sys
import traceback
from pathlib import Path

from structlog.typing import EventDict, WrappedLogger

SENSITIVE = frozenset(
    {
        "answer", "api_key", "authorization", "chunk", "content", "document", "documents",
        "filter", "hits", "key", "messages", "metadata", "password", "prompt", "query",
        "question", "request", "response", "secret", "snippet", "text", "title", "token",
        "x-api-key",
    }
)  # fmt: skip
_SCALARS = (bool, int, float, str, type(None))
_FRAMES = 6
_LONGEST_TEMPLATE = 200


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop sensitive names; of anything but a scalar keep the type only."""
    return {
        name: value if isinstance(value, _SCALARS) else type(value).__name__
        for name, value in event.items()
        if name.lower() not in SENSITIVE
    }


def describe_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the type of the error and the places it came through,
    innermost first: the text of an error may hold a document's."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["at"] = " < ".join(_places(error))
    return event


def library_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of a library's line keep the first line of the template, without its arguments."""
    record: logging.LogRecord = event["_record"]
    template = str(event["event"]).partition("\n")[0]
    return {
        "event": template[:_LONGEST_TEMPLATE],
        "logger": record.name,
        "exc_info": event.get("exc_info"),
    }


def _places(error: BaseException) -> list[str]:
    # Without the source lines, which could hold a literal.
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), lookup_lines=False
    )
    return [
        f"{Path(frame.filename).stem}:{frame.lineno} {frame.name}"
        for frame in reversed(frames[-_FRAMES:])
    ]
