"""Splitting writes into calls that fit, and adding up what they did."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ragrpc.v1 import document_service_pb2

from rag_client import _calls
from rag_client._calls import Call
from rag_client._convert.requests import document as document_message
from rag_client.errors import InvalidArgument
from rag_client.types import DeleteResult, Document, StageTiming, UpsertProgress, UpsertResult

# The server takes 16 MiB by default; the margin is for the request around the documents.
MESSAGE_BYTES = 15 * 1024 * 1024
# About as much text as a CPU embeds within the default deadline of an upsert, with room.
BATCH_BYTES = 1024 * 1024
BATCH_ITEMS = 1_000
# Tag and length that a document costs within its request, at most.
_FRAME_BYTES = 6


@dataclass(frozen=True, slots=True)
class Batch:
    """One call of an upsert and the encoded size of its documents."""

    call: Call[UpsertResult]
    size: int


def upsert_batches(
    collection: str, documents: Iterable[Document], batch_bytes: int
) -> Iterator[Batch]:
    """The calls that store `documents`, in order; each takes as many as fit.

    A document above `batch_bytes` goes alone. InvalidArgument for values that cannot be
    sent, a document above MESSAGE_BYTES, and an id that repeats: a sequence is checked
    whole before the first batch, an iterator as it is read.
    """
    if not 1 <= batch_bytes <= MESSAGE_BYTES:
        raise InvalidArgument.of("batch_bytes", f"must be 1 to {MESSAGE_BYTES}")
    if isinstance(documents, Sequence):
        for _ in _messages(documents):
            pass
    return _grouped(collection, documents, batch_bytes)


def _grouped(collection: str, documents: Iterable[Document], batch_bytes: int) -> Iterator[Batch]:
    batch: list[document_service_pb2.Document] = []
    size = 0
    for message, message_size in _messages(documents):
        if batch and (size + message_size > batch_bytes or len(batch) == BATCH_ITEMS):
            yield Batch(_calls.upsert_documents(collection, batch), size)
            batch, size = [], 0
        batch.append(message)
        size += message_size
    if batch:
        yield Batch(_calls.upsert_documents(collection, batch), size)


def _messages(
    documents: Iterable[Document],
) -> Iterator[tuple[document_service_pb2.Document, int]]:
    seen: set[str] = set()
    for index, document in enumerate(documents):
        field = f"documents[{index}]"
        message = document_message(document, field)
        size = message.ByteSize() + _FRAME_BYTES
        if size > MESSAGE_BYTES:
            raise InvalidArgument.of(field, f"is larger than a message ({MESSAGE_BYTES} bytes)")
        if document.id in seen:
            raise InvalidArgument.of(f"{field}.id", "repeats an id given before")
        seen.add(document.id)
        yield message, size


class UpsertTally:
    """Adds up the calls of one upsert and reports its progress."""

    def __init__(self, on_progress: Callable[[UpsertProgress], None] | None) -> None:
        self._on_progress = on_progress
        self._results: list[UpsertResult] = []
        self._progress = UpsertProgress(0, 0, 0)

    def add(self, result: UpsertResult, size: int) -> None:
        """Counts one call in, in order."""
        self._results.append(result)
        self._progress = UpsertProgress(
            documents=self._progress.documents + len(result.outcomes),
            bytes=self._progress.bytes + size,
            failed=self._progress.failed + len(result.failed),
        )
        if self._on_progress is not None:
            self._on_progress(self._progress)

    @property
    def result(self) -> UpsertResult:
        """What all calls together did."""
        if not self._results:
            return UpsertResult()
        last = self._results[-1]
        return UpsertResult(
            outcomes=tuple(each for result in self._results for each in result.outcomes),
            consistency_token=last.consistency_token,
            revision=last.revision,
            timings=_added(each for result in self._results for each in result.timings),
        )


def _added(timings: Iterable[StageTiming]) -> tuple[StageTiming, ...]:
    totals: dict[str, float] = {}
    for each in timings:
        totals[each.stage] = totals.get(each.stage, 0.0) + each.milliseconds
    return tuple(StageTiming(stage, total) for stage, total in totals.items())


def delete_batches(
    collection: str, document_ids: str | Iterable[str], validate_only: bool
) -> Iterator[Call[DeleteResult]]:
    """The calls that delete documents; an id that repeats is sent once."""
    given = (document_ids,) if isinstance(document_ids, str) else document_ids
    distinct = iter(dict.fromkeys(given))
    while batch := list(islice(distinct, BATCH_ITEMS)):
        yield _calls.delete_documents(collection, batch, validate_only)


def merged(results: Sequence[DeleteResult]) -> DeleteResult:
    """What several calls together deleted."""
    if not results:
        return DeleteResult()
    ids = tuple(each for result in results for each in result.deleted_ids)
    return DeleteResult(ids, results[-1].consistency_token, results[-1].revision)
