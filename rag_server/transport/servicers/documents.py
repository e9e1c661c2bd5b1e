"""DocumentService: documents in and out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from ragrpc.v1 import document_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.documents import Document, Outcome, OutcomeKind
from rag_server.core.errors import InvalidRequest, RagError, Violation
from rag_server.core.frames import Frame
from rag_server.core.ingest import IngestPath
from rag_server.core.library import Library
from rag_server.core.stream_ingest import StreamIngest
from rag_server.transport.convert.documents import (
    chunk_message,
    document,
    frames,
    ingest_message,
    outcome_message,
    stored_message,
)
from rag_server.transport.convert.metadata import filter_of
from rag_server.transport.convert.retrieval import fill_timings
from rag_server.transport.validation import check

_PAGE_SIZE = 100
# A stream may last for hours, but not without saying what it is for.
_OPENING_SECONDS = 30.0


class DocumentServicer:
    """Writes through the ingest path, reads through the library."""

    def __init__(self, ingest: IngestPath, streams: StreamIngest, library: Library) -> None:
        self._ingest = ingest
        self._streams = streams
        self._library = library

    async def UpsertDocuments(
        self, request: pb.UpsertDocumentsRequest, call: Call
    ) -> pb.UpsertDocumentsResponse:
        """Create or replace documents, each with its own outcome."""
        documents = [_checked(each) for each in request.documents]
        written = await self._ingest.upsert(request.collection, documents, call)
        response = pb.UpsertDocumentsResponse(
            outcomes=[outcome_message(each) for each in written.outcomes],
            consistency_token=written.token,
            revision=written.revision,
        )
        fill_timings(written.timings, response.timings)
        return response

    async def StreamIngest(
        self, requests: AsyncIterator[pb.StreamIngestRequest], call: Call
    ) -> AsyncGenerator[pb.StreamIngestResponse, None]:
        """Take documents in as they come, answer as they become durable."""
        async with asyncio.timeout(_OPENING_SECONDS):
            opening = await anext(requests, pb.StreamIngestRequest())
        if not opening.HasField("open") or opening.frames:
            raise InvalidRequest.of(Violation("open", "must come first and by itself"))
        check(opening)
        events = self._streams.run(opening.open.collection, _frames(requests), call)
        async with aclosing(events):
            async for event in events:
                yield ingest_message(event)

    async def GetDocument(
        self, request: pb.GetDocumentRequest, call: Call
    ) -> pb.GetDocumentResponse:
        """One document with its text."""
        stored, revision = await self._library.document(
            request.collection, request.document_id, request.consistency.at_least_as_fresh, call
        )
        return pb.GetDocumentResponse(document=stored_message(stored), revision=revision)

    async def DeleteDocuments(
        self, request: pb.DeleteDocumentsRequest, call: Call
    ) -> pb.DeleteDocumentsResponse:
        """Delete documents by id."""
        deleted = await self._ingest.delete(
            request.collection, list(request.document_ids), call, dry=request.validate_only
        )
        return pb.DeleteDocumentsResponse(
            deleted_ids=deleted.ids, consistency_token=deleted.token, revision=deleted.revision
        )

    async def ListDocuments(
        self, request: pb.ListDocumentsRequest, call: Call
    ) -> pb.ListDocumentsResponse:
        """A page of documents."""
        page = await self._library.documents(
            request.collection,
            filter_of(request.filter) if request.HasField("filter") else None,
            request.page_size if request.HasField("page_size") else _PAGE_SIZE,
            request.page_token,
            request.consistency.at_least_as_fresh,
            call,
        )
        return pb.ListDocumentsResponse(
            documents=[stored_message(each) for each in page.items],
            next_page_token=page.next_token,
            revision=page.revision,
        )

    async def ListChunks(self, request: pb.ListChunksRequest, call: Call) -> pb.ListChunksResponse:
        """A page of the chunks of one document."""
        page = await self._library.chunks(
            request.collection,
            request.document_id,
            request.page_size if request.HasField("page_size") else _PAGE_SIZE,
            request.page_token,
            request.consistency.at_least_as_fresh,
            call,
        )
        return pb.ListChunksResponse(
            chunks=[chunk_message(each) for each in page.items],
            next_page_token=page.next_token,
            revision=page.revision,
        )


async def _frames(
    requests: AsyncIterator[pb.StreamIngestRequest],
) -> AsyncIterator[Sequence[Frame]]:
    async for request in requests:
        if request.HasField("open"):
            raise InvalidRequest.of(Violation("open", "must come first and only once"))
        check(request)
        yield frames(request)


def _checked(message: pb.Document) -> Document | Outcome:
    try:
        check(message)
        return document(message)
    except RagError as error:
        return Outcome(message.id, OutcomeKind.FAILED, error=error)
