"""Parsing of what callers send: where it is safe, and within limits."""

from rag_server.core.call import Call
from rag_server.core.content import ContentType, Parsed
from rag_server.core.documents import Document
from rag_server.core.protocols import Workers
from rag_server.ingestion.parsers import PARSERS
from rag_server.ingestion.refusal import over_limit
from rag_server.ingestion.sandbox.limits import Limits
from rag_server.ingestion.sandbox.pool import ParsingPool

# Read by a few lines of our own Python, in linear time and without growth. For all other types
# code that others wrote in C walks through what strangers sent, or text may grow.
WITHIN = frozenset((ContentType.PLAIN, ContentType.MARKDOWN, ContentType.CODE))


class SafeParsing:
    """Implements `Parsing`: simple types in the pool of writes, all others in processes of
    their own, for which a thread of `parses` waits."""

    def __init__(
        self, limits: Limits, processes: ParsingPool, *, parses: Workers, writes: Workers
    ) -> None:
        self._limits = limits
        self._processes = processes
        self._parses = parses
        self._writes = writes

    async def parse(self, document: Document, call: Call) -> Parsed:
        """What the parser of its type makes of it."""
        content, kind = document.content, document.content_type
        raw = content.encode() if isinstance(content, str) else content
        self._check(len(raw), "input_bytes")

        def work() -> Parsed:
            with call.stage("parse", kind):
                if kind in WITHIN:
                    # The text is what was sent.
                    self._check(len(raw), "text_bytes")
                    return PARSERS[kind].parse(raw)
                return self._processes.parse(kind, raw, call.deadline)

        workers = self._writes if kind in WITHIN else self._parses
        return await workers.run(work, call.deadline)

    def _check(self, size: int, limit: str) -> None:
        most: int = getattr(self._limits, limit)
        if size > most:
            raise over_limit(f"is over {most:,} bytes", f"max_{limit}")
