"""Logs: one line per event with request and trace id, never what callers sent."""

import logging
import sys
from collections.abc import Callable
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from rag_server.observability.redaction import describe_error, library_line, without_secrets


def configure_logging(
    level: str,
    style: str,
    trace_id: Callable[[], str] | None = None,
    stream: TextIO | None = None,
) -> None:
    """Set up the logs of the process, on standard output unless `stream` is given.

    `level` is "debug", "info", "warning" or "error"; `style` is "json" or "console".
    Libraries are heard from "warning" on, whatever the level: below it some of them
    log what they send. What `structlog.contextvars` has bound is on each line.
    """
    out = sys.stdout if stream is None else stream
    least = logging.getLevelNamesMapping()[level.upper()]
    processors = _processors(style, trace_id)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    # The template, not the message: arguments may be what a caller sent.
    handler.setFormatter(
        ProcessorFormatter(processors=[library_line, *processors], use_get_message=False)
    )
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)


def _processors(style: str, trace_id: Callable[[], str] | None) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        *([_Traced(trace_id)] if trace_id else []),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        describe_error,
        without_secrets,
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False),
    ]


class _Traced:
    """Adds the trace id of a traced call."""

    def __init__(self, trace_id: Callable[[], str]) -> None:
        self._trace_id = trace_id

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        found = self._trace_id()
        if found:
            event["trace_id"] = found
        return event
