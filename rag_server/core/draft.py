"""An answer in the making: text so far, and what supports each of its statements."""

from collections.abc import Sequence

from rag_server.core.documents import View
from rag_server.core.protocols import ChunkReader, Citer
from rag_server.core.retrieval import (
    AbstainReason,
    Answer,
    Citation,
    Event,
    Hit,
    Retraction,
    Retrieval,
)
from rag_server.core.values import Span


class Draft:
    """Collects deltas; a statement is settled once it is finished: cited from a hit and
    checked against the stored text, or retracted as unsupported."""

    def __init__(self, hits: Sequence[Hit], citer: Citer, reader: ChunkReader, view: View) -> None:
        self.hits = hits
        self._citer = citer
        self._reader = reader
        self._view = view
        self._text = b""
        self._settled = 0
        self._ready: list[Span] = []
        self._citations: list[Citation] = []
        self._unsupported: list[Span] = []
        self._declined: AbstainReason | None = None

    def add(self, text: str) -> bool:
        """Append a delta; whether statements are now finished and can be settled."""
        self._text += text.encode()
        self._take(self._open_statements()[:-1])
        return bool(self._ready)

    def finish(self) -> None:
        """No more deltas: the last statement is finished, too."""
        self._take(self._open_statements())

    def decline(self, reason: AbstainReason) -> None:
        """There is no answer; deltas so far are void."""
        self._declined = reason
        self._ready.clear()
        self._settled = len(self._text)

    def settle(self) -> list[Event]:
        """Cite and check the finished statements; a Citation or a Retraction for each."""
        events = [self._settle(span) for span in self._ready]
        self._ready = []
        return events

    def answer(self, report: Retrieval) -> Answer:
        """The authoritative answer. One without any supported statement is withheld."""
        if self._declined is None and not self._citations:
            self._declined = AbstainReason.NOT_GROUNDED
        if self._declined is not None:
            return Answer("", report, abstain_reasons=(self._declined,))
        return Answer(
            self._text.decode(), report, tuple(self._citations), (), tuple(self._unsupported)
        )

    def _open_statements(self) -> tuple[Span, ...]:
        return self._citer.statements(self._text[self._settled :].decode())

    def _take(self, relative: Sequence[Span]) -> None:
        start = self._settled
        self._ready += [span.shift(start) for span in relative]
        if relative:
            self._settled = start + relative[-1].end

    def _settle(self, span: Span) -> Event:
        citation = self._cite(span)
        if citation is not None:
            self._citations.append(citation)
            return citation
        self._unsupported.append(span)
        return Retraction(span, "no retrieved passage supports this statement")

    def _cite(self, span: Span) -> Citation | None:
        support = self._citer.cite(span.of(self._text).decode(), self.hits)
        if support is None:
            return None
        chunk = self.hits[support.hit_index].chunk
        quoted = support.span.of(chunk.text.encode())
        source = support.span.shift(chunk.span.start)
        # What is cited must be in the stored document itself, at that place, byte for byte.
        if self._reader.text(self._view, chunk.document_id, source) != quoted:
            return None
        return Citation(
            hit_index=support.hit_index,
            document_id=chunk.document_id,
            chunk_id=chunk.id,
            answer_span=span,
            source_span=source,
            source_text=quoted.decode(),
            support=support.score,
        )
