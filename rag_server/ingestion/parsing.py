"""Parsing of what callers send, within limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag_server.core.call import Call
from rag_server.core.content import ContentType, Parsed
from rag_server.core.documents import Document
from rag_server.core.protocols import Parser, Workers
from rag_server.ingestion.refusal import over_limit


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost, in bytes: as it is sent, and as text."""

    input_bytes: int
    text_bytes: int


class BoundedParsing:
    """Implements `Parsing`."""

    def __init__(
        self, parsers: Mapping[ContentType, Parser], limits: Limits, writes: Workers
    ) -> None:
        self._parsers = parsers
        self._limits = limits
        self._writes = writes

    async def parse(self, document: Document, call: Call) -> Parsed:
        """What the parser of its type makes of it, in the pool of writes."""
        return await self._writes.run(lambda: self._parse(document, call), call.deadline)

    def _parse(self, document: Document, call: Call) -> Parsed:
        content, kind = document.content, document.content_type
        raw = content.encode() if isinstance(content, str) else content
        if len(raw) > self._limits.input_bytes:
            raise over_limit(f"is over {self._limits.input_bytes:,} bytes", "max_input_bytes")
        with call.stage("parse", kind):
            parsed = self._parsers[kind].parse(raw)
        if len(parsed.text.encode()) > self._limits.text_bytes:
            what = f"is over {self._limits.text_bytes:,} bytes of text once parsed"
            raise over_limit(what, "max_text_bytes")
        return parsed
