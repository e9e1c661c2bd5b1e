"""The asyncio client: the blocking one, awaited."""

# The timeout is the deadline that the server is told, not a local one.
# ruff: noqa: ASYNC109

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from os import PathLike
from types import TracebackType
from typing import Self
from uuid import uuid4

from rag_client import _calls
from rag_client._aio_ingesting import carry_through
from rag_client._aio_transport import AioTransport
from rag_client._batches import BATCH_BYTES, UpsertTally, delete_batches, merged, upsert_batches
from rag_client._channel import Connection, RetryPolicy, Tls
from rag_client._ingest import Ingest
from rag_client._reconnecting import PATIENCE, Reconnecting
from rag_client._sending import TIMEOUT, UPSERT_TIMEOUT
from rag_client._sources import AsyncSources, aio_entries
from rag_client.backups import AsyncBackups
from rag_client.errors import AlreadyExists, NotFound, RagError
from rag_client.filters import Filter
from rag_client.jobs import AsyncJobs
from rag_client.streams import AsyncAnswerStream
from rag_client.types import (
    Answer,
    Chunk,
    Chunking,
    Collection,
    CollectionSchema,
    DeleteResult,
    Document,
    FilterVerdict,
    Generator,
    Health,
    IngestProgress,
    IngestResult,
    Job,
    MetadataSchema,
    Modality,
    PipelineSpec,
    Ranking,
    Reindexing,
    Reranker,
    Retrieval,
    RetrieveRequest,
    ServerInfo,
    StoredDocument,
    Text,
    UpsertProgress,
    UpsertResult,
)


class AsyncRagClient:
    """A client of one ragrpc server; opens its channel at the first call.

    Usable from several event loops, each with a channel of its own. `timeout` is the
    deadline in seconds of each call that names none, `upsert_timeout` that of each batch of
    an upsert. Every method raises a RagError of the class that its status has; see
    `rag_client.errors`.
    """

    def __init__(
        self,
        address: str = "localhost:50051",
        *,
        api_key: str | None = None,
        tls: Tls | None = None,
        timeout: float = TIMEOUT,
        upsert_timeout: float = UPSERT_TIMEOUT,
        retry: RetryPolicy | None = None,
        allow_insecure_key: bool = False,
    ) -> None:
        connection = Connection(address, api_key, tls, allow_insecure_key, retry or RetryPolicy())
        self._transport = AioTransport(connection, timeout)
        self.collections = AsyncCollections(self._transport)
        self.documents = AsyncDocuments(self._transport, upsert_timeout)
        self.jobs = AsyncJobs(self._transport)
        self.backups = AsyncBackups(self._transport)

    async def retrieve(
        self,
        collection: str,
        query: str = "",
        *,
        top_k: int | None = None,
        filter: Filter | None = None,
        pipeline: str | None = None,
        spec: PipelineSpec | None = None,
        at_least_as_fresh: str | None = None,
        explain: bool = False,
        image: bytes | str | PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> Retrieval:
        """The chunks that fit `query` best; see RetrieveRequest for the options."""
        request = RetrieveRequest(
            collection, query, top_k, filter, pipeline, spec, at_least_as_fresh, explain, image
        )
        return await self._transport.invoke(_calls.retrieve_hits(request), timeout)

    async def batch_retrieve(
        self, requests: Sequence[RetrieveRequest], *, timeout: float | None = None
    ) -> list[Retrieval | RagError]:
        """1 to 100 retrievals in one call, whose `top_k` together are at most 1,000; one
        result, or the error it met, per request."""
        return await self._transport.invoke(_calls.batch_retrieve(requests), timeout)

    async def query(
        self,
        collection: str,
        query: str,
        *,
        top_k: int | None = None,
        filter: Filter | None = None,
        pipeline: str | None = None,
        spec: PipelineSpec | None = None,
        generator: Generator | None = None,
        at_least_as_fresh: str | None = None,
        explain: bool = False,
        image: bytes | str | PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """An answer with checked citations; having none is data, not an error."""
        request = RetrieveRequest(
            collection, query, top_k, filter, pipeline, spec, at_least_as_fresh, explain, image
        )
        return await self._transport.invoke(_calls.answer(request, generator), timeout)

    def stream_query(
        self,
        collection: str,
        query: str,
        *,
        top_k: int | None = None,
        filter: Filter | None = None,
        pipeline: str | None = None,
        spec: PipelineSpec | None = None,
        generator: Generator | None = None,
        at_least_as_fresh: str | None = None,
        explain: bool = False,
        image: bytes | str | PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> AsyncAnswerStream:
        """The same answer as a stream of typed events."""
        request = RetrieveRequest(
            collection, query, top_k, filter, pipeline, spec, at_least_as_fresh, explain, image
        )
        return self._transport.stream(_calls.stream_answer(request, generator), timeout)

    async def rerank(
        self,
        query: str,
        texts: Iterable[Text | str],
        *,
        top_k: int | None = None,
        reranker: Reranker | None = None,
        timeout: float | None = None,
    ) -> Ranking:
        """1 to 200 texts of your own, best first; no collection is needed. A plain text has its
        place as id. `top_k` None: all of them; `reranker` None: embeddings of texts and words."""
        return await self._transport.invoke(_calls.rerank(query, texts, top_k, reranker), timeout)

    async def validate_filter(
        self, collection: str, filter: Filter, *, timeout: float | None = None
    ) -> FilterVerdict:
        """What is wrong with a filter by the collection's metadata schema, and how many
        documents pass it."""
        return await self._transport.invoke(_calls.validate_filter(collection, filter), timeout)

    async def server_info(self, *, timeout: float | None = None) -> ServerInfo:
        """What the server is, knows and allows."""
        return await self._transport.invoke(_calls.server_info(), timeout)

    async def health(self, *, timeout: float | None = None) -> Health:
        """Whether the server as a whole is ready, by the gRPC health protocol."""
        return await self._transport.invoke(_calls.health(), timeout)

    async def close(self) -> None:
        """Closes the running loop's channel; the client cannot be used again. Closing twice is
        fine."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.connection.address!r})"


class AsyncCollections:
    """Collections of the caller's tenant."""

    def __init__(self, transport: AioTransport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        *,
        description: str = "",
        chunking: Chunking | None = None,
        embedder: str = "",
        metadata_schema: MetadataSchema | None = None,
        fields: Sequence[Modality | str] = (),
        exist_ok: bool = False,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> Collection:
        """Creates an empty collection whose documents are cut by `chunking` and embedded by
        `embedder` (None and empty: the server's defaults), with these vector `fields` beside the
        text: "image", "table". `exist_ok` returns one that is there, as it is; `validate_only`
        checks everything and creates nothing."""
        try:
            call = _calls.create_collection(
                name, description, chunking, embedder, metadata_schema, fields, validate_only
            )
            return await self._transport.invoke(call, timeout)
        except AlreadyExists:
            if not exist_ok:
                raise
        return await self.get(name, timeout=timeout)

    async def get(self, name: str, *, timeout: float | None = None) -> Collection:
        """Reads one collection."""
        return await self._transport.invoke(_calls.get_collection(name), timeout)

    async def update(
        self,
        name: str,
        *,
        description: str | None = None,
        metadata_schema: MetadataSchema | None = None,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> Collection:
        """Changes what is not None; a schema without fields removes the declared one.
        `validate_only` checks everything and changes nothing."""
        call = _calls.update_collection(name, description, metadata_schema, validate_only)
        return await self._transport.invoke(call, timeout)

    async def schema(
        self, name: str, *, max_values: int | None = None, timeout: float | None = None
    ) -> CollectionSchema:
        """What the metadata of a collection means and what its documents hold, at most
        `max_values` (0 to 1,000, server default 100) values a field."""
        return await self._transport.invoke(_calls.get_metadata_schema(name, max_values), timeout)

    def list(
        self, *, page_size: int | None = None, timeout: float | None = None
    ) -> AsyncIterator[Collection]:
        """All collections, ascending by name; `timeout` is of each page."""
        return self._transport.pages(_calls.list_collections(page_size), timeout)

    async def delete(
        self,
        name: str,
        *,
        missing_ok: bool = False,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> int:
        """Deletes a collection; how many documents went with it. `validate_only` says how
        many would go and deletes nothing; `missing_ok` returns 0 where there is none."""
        try:
            return await self._transport.invoke(
                _calls.delete_collection(name, validate_only), timeout
            )
        except NotFound:
            if not missing_ok:
                raise
        return 0

    async def reindex(
        self,
        name: str,
        asked: Reindexing | None = None,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Begins a job that builds the next generation of a collection beside the one that
        serves (None: as it is, anew); see `jobs.watch` for its end. The same `request_id`
        begins one job only, however often it is sent."""
        call = _calls.reindex_collection(
            name, asked or Reindexing(), request_id if request_id is not None else uuid4().hex
        )
        return await self._transport.invoke(call, timeout)


class AsyncDocuments:
    """Documents of a collection."""

    def __init__(self, transport: AioTransport, upsert_timeout: float) -> None:
        self._transport = transport
        self._upsert_timeout = upsert_timeout

    async def upsert(
        self,
        collection: str,
        documents: Iterable[Document],
        *,
        batch_bytes: int = BATCH_BYTES,
        on_progress: Callable[[UpsertProgress], None] | None = None,
        timeout: float | None = None,
    ) -> UpsertResult:
        """Creates or replaces documents by id, in as many calls as it takes.

        A list is checked whole before the first call, an iterator as it is read. A call
        takes up to `batch_bytes` of encoded documents, and 1,000 of them; `timeout` is of
        each call; `on_progress` hears of each. A document that the server refuses does
        not fail the others: see the outcomes, or `raise_for_failures`. A call that
        fails raises; what came before it is stored, and repeating all is harmless.
        """
        tally = UpsertTally(on_progress)
        timeout = self._upsert_timeout if timeout is None else timeout
        for batch in upsert_batches(collection, documents, batch_bytes):
            tally.add(await self._transport.invoke(batch.call, timeout), batch.size)
        return tally.result

    async def ingest(
        self,
        collection: str,
        sources: AsyncSources,
        *,
        on_progress: Callable[[IngestProgress], None] | None = None,
        patience: float = PATIENCE,
    ) -> IngestResult:
        """Stores any number of documents over one stream, in the order given.

        A path is read as the file it names, a directory as the files below it (suffixes as
        of `ragrpc ingest`; ids relative to it). What is unchanged is skipped. A document that
        cannot be stored does not fail the others: see the result. The stream is opened again
        when it breaks or the server moves on; what was not answered is sent again, at most
        what the server lets be under way. Raises where that has led to no further answer for
        `patience` seconds, and at once for what another stream cannot mend; what was
        answered is stored, and repeating all is harmless. `on_progress` hears of answers.
        """
        state = Ingest(on_progress)
        reconnecting = Reconnecting(self._transport.connection.retry, patience)
        await carry_through(self._transport, collection, aio_entries(sources), state, reconnecting)
        return state.result

    async def get(
        self,
        collection: str,
        document_id: str,
        *,
        at_least_as_fresh: str | None = None,
        timeout: float | None = None,
    ) -> StoredDocument:
        """Reads one document with its parsed text."""
        call = _calls.get_document(collection, document_id, at_least_as_fresh)
        return await self._transport.invoke(call, timeout)

    def list(
        self,
        collection: str,
        *,
        filter: Filter | None = None,
        page_size: int | None = None,
        at_least_as_fresh: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[StoredDocument]:
        """Documents that pass `filter`, ascending by id, without their text; `timeout` is of
        each page."""
        call = _calls.list_documents(collection, filter, page_size, at_least_as_fresh)
        return self._transport.pages(call, timeout)

    def chunks(
        self,
        collection: str,
        document_id: str,
        *,
        page_size: int | None = None,
        at_least_as_fresh: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Chunk]:
        """The chunks of one document, in order; `timeout` is of each page."""
        call = _calls.list_chunks(collection, document_id, page_size, at_least_as_fresh)
        return self._transport.pages(call, timeout)

    async def delete(
        self,
        collection: str,
        document_ids: str | Iterable[str],
        *,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> DeleteResult:
        """Deletes documents by id, 1,000 per call; an id that is not there is no error.
        `validate_only` says which would go and deletes nothing."""
        calls = delete_batches(collection, document_ids, validate_only)
        return merged([await self._transport.invoke(call, timeout) for call in calls])
