"""One ingest as a state: what may be sent, what is under way, what was answered. No I/O."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragrpc.v1 import document_service_pb2 as pb

from rag_client._convert.documents import upsert_outcome
from rag_client._convert.requests import ingest_header
from rag_client.errors import InvalidArgument, RagError
from rag_client.types import (
    Document,
    FailedDocument,
    IngestProgress,
    IngestResult,
    OutcomeKind,
    UpsertOutcome,
)

Progress = Callable[[IngestProgress], None]

# Content of one frame; a message is at most 1 MiB.
_FRAME_BYTES = 256 * 1024


@dataclass(slots=True)
class _Item:
    """A document under way; kept until it is answered, since it may have to be sent again."""

    header: pb.IngestHeader
    content: bytes
    sent: int = 0
    begun: bool = False

    @property
    def cost(self) -> int:
        """Bytes that its header takes from the credits."""
        return self.header.ByteSize()


class Ingest:
    """Documents are offered while it is `wanting`, and answered by the responses it accepts.
    What it holds is bounded by the credits that the server gave."""

    def __init__(self, on_progress: Progress | None = None) -> None:
        self.largest = 0
        self.exhausted = self.draining = False
        self._on_progress = on_progress
        self._bytes = self._items = 0
        self._number = 0
        # By number, in the order in which they were offered.
        self._unanswered: dict[int, _Item] = {}
        self._unsent: deque[_Item] = deque()
        self._counts = dict.fromkeys((OutcomeKind.CREATED, OutcomeKind.UPDATED), 0)
        self._counts |= dict.fromkeys((OutcomeKind.UNCHANGED, OutcomeKind.FAILED), 0)
        self._failed: list[FailedDocument] = []
        self._answered_bytes = self._chunks = self._embedded = self._revision = 0
        self._token = ""

    @property
    def wanting(self) -> bool:
        """Whether the next document is to be offered."""
        return not (self.exhausted or self.draining or self._unsent)

    @property
    def done(self) -> bool:
        """Whether there is nothing more to send and everything is answered."""
        return self.exhausted and not self._unanswered

    @property
    def answered(self) -> int:
        """Documents that are answered for."""
        return sum(self._counts.values())

    @property
    def result(self) -> IngestResult:
        """What was done so far."""
        return IngestResult(
            created=self._counts[OutcomeKind.CREATED],
            updated=self._counts[OutcomeKind.UPDATED],
            unchanged=self._counts[OutcomeKind.UNCHANGED],
            failed=tuple(self._failed),
            chunk_count=self._chunks,
            embedded_chunk_count=self._embedded,
            consistency_token=self._token,
            revision=self._revision,
        )

    def _open(self, opened: pb.IngestOpened) -> None:
        # What was not answered on an earlier stream is sent on this one, from the beginning.
        self.draining = False
        self.largest = opened.max_item_bytes
        self._bytes, self._items = opened.credits.bytes, opened.credits.items
        for item in self._unanswered.values():
            item.sent, item.begun = 0, False
        self._unsent = deque(self._unanswered.values())

    def offer(self, document: Document) -> None:
        """The next document; one that cannot be sent fails by itself."""
        try:
            header, content = ingest_header(document, self._number)
            if len(content) > self.largest:
                raise InvalidArgument.of("content", f"is over {self.largest:,} bytes")
        except InvalidArgument as error:
            self.fail(document.id, error)
            return
        item = _Item(header, content)
        self._unanswered[self._number] = item
        self._unsent.append(item)
        self._number += 1

    def fail(self, document_id: str, error: RagError) -> None:
        """A document will not be sent."""
        self._count(UpsertOutcome(document_id, OutcomeKind.FAILED, error=error))
        self._tell()

    def frames(self) -> Sequence[pb.IngestFrame]:
        """What may be sent now; empty where there is nothing or the credits do not allow it."""
        frames: list[pb.IngestFrame] = []
        if not self._unsent:
            return frames
        item = self._unsent[0]
        if not item.begun:
            if not self._items or item.cost > self._bytes:
                return frames
            item.begun = True
            self._items -= 1
            self._bytes -= item.cost
            frames.append(pb.IngestFrame(header=item.header))
        size = min(len(item.content) - item.sent, self._bytes, _FRAME_BYTES)
        if size:
            frames.append(pb.IngestFrame(data=item.content[item.sent : item.sent + size]))
            item.sent += size
            self._bytes -= size
        if item.sent == len(item.content):
            frames.append(pb.IngestFrame(end=pb.IngestEnd()))
            self._unsent.popleft()
        return frames

    def accept(self, response: pb.StreamIngestResponse) -> None:
        """What the server says."""
        match response.WhichOneof("message"):
            case "opened":
                self._open(response.opened)
            case "acks":
                self._acknowledge(response.acks)
            case "credits":
                self._bytes += response.credits.bytes
                self._items += response.credits.items
            case "drain":
                self.draining = True

    def _acknowledge(self, acks: pb.IngestAcks) -> None:
        for ack in acks.acks:
            item = self._unanswered.pop(ack.item_id, None)
            if item is None:
                continue
            if self._unsent and self._unsent[0] is item:
                # It failed before it was sent in full: the rest is not wanted.
                self._unsent.popleft()
            self._answered_bytes += len(item.content)
            self._count(upsert_outcome(ack.outcome))
        self._token, self._revision = acks.consistency_token, acks.revision
        self._tell()

    def _count(self, outcome: UpsertOutcome) -> None:
        self._counts[outcome.kind] = self._counts.get(outcome.kind, 0) + 1
        self._chunks += outcome.chunk_count
        self._embedded += outcome.embedded_chunk_count
        if outcome.error is not None:
            self._failed.append(FailedDocument(outcome.document_id, outcome.error))

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(
                IngestProgress(
                    documents=self.answered,
                    bytes=self._answered_bytes,
                    unchanged=self._counts[OutcomeKind.UNCHANGED],
                    failed=self._counts[OutcomeKind.FAILED],
                )
            )
