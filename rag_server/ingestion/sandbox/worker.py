"""The process that parses: takes documents from the socket that is its standard input."""

import json
import select
import socket
import sys
from typing import Any

from rag_server.core.content import ContentType
from rag_server.core.errors import RagError, Reason
from rag_server.ingestion.parsers import PARSERS
from rag_server.ingestion.refusal import over_limit, unreadable
from rag_server.ingestion.sandbox.channel import Channel
from rag_server.ingestion.sandbox.confinement import confine, timed
from rag_server.ingestion.sandbox.limits import Limits

# Seconds without work after which the process makes room.
_IDLE = 60.0


def main() -> None:
    """Serve until the server hangs up or has had nothing to do for a while."""
    limits = Limits(**json.loads(sys.argv[1]))
    own = socket.socket(fileno=sys.stdin.fileno())
    confine(limits, own.fileno())
    channel = Channel(own)
    while select.select([own], [], [], _IDLE)[0]:
        try:
            head, content = channel.receive(limits.input_bytes, lambda: None)
        except EOFError:
            return
        with timed(limits.seconds):
            answer, text = _answer(ContentType(head["type"]), content, limits)
        channel.send(answer, text, lambda: None)


def _answer(
    content_type: ContentType, content: bytes, limits: Limits
) -> tuple[dict[str, Any], bytes]:
    """What `process` makes a Parsed or an error of."""
    try:
        return _parsed(content_type, content, limits)
    except RagError as error:
        return _refusal(error), b""
    except RecursionError:
        return _refusal(unreadable("is nested too deeply")), b""
    except MemoryError:
        return _refusal(over_limit("needs too much memory to be parsed", "max_memory_bytes")), b""
    except Exception as error:
        return {"reason": Reason.INTERNAL, "description": type(error).__name__}, b""


def _parsed(
    content_type: ContentType, content: bytes, limits: Limits
) -> tuple[dict[str, Any], bytes]:
    parsed = PARSERS[content_type].parse(content)
    if parsed.pixels is not None:
        return {"size": [parsed.pixels.width, parsed.pixels.height]}, parsed.pixels.data
    text = parsed.text.encode()
    if len(text) > limits.text_bytes:
        raise over_limit(f"has over {limits.text_bytes:,} bytes of text", "max_text_bytes")
    marks = [(mark.start, mark.page, mark.heading) for mark in parsed.marks]
    tables = [(each.start, each.body, each.end, each.caption) for each in parsed.tables]
    return {"title": parsed.title, "marks": marks, "tables": tables}, text


def _refusal(error: RagError) -> dict[str, Any]:
    description = error.violations[0].description if error.violations else error.message
    return {
        "reason": error.reason,
        "description": description,
        "limit": error.metadata.get("limit", ""),
    }
