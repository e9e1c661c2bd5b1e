"""The RPCs as values: which one, with which request, and how its response is read.

Both clients send these; nothing here does I/O.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int32Value, StringValue
from ragrpc.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    collection_service_pb2,
    collection_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    job_service_pb2,
    job_service_pb2_grpc,
    rag_service_pb2,
    rag_service_pb2_grpc,
)

from rag_client import types
from rag_client._convert import answers, backups, documents, jobs, server
from rag_client._convert.chunking import chunking_message
from rag_client._convert.metadata import filter_message
from rag_client._convert.metadata_schema import collection_schema, schema_message, verdict
from rag_client._convert.requests import consistency, encodable, modality, query, retrieve
from rag_client._convert.reranking import ranking, rerank_request
from rag_client.errors import RagError
from rag_client.filters import Filter

Result = TypeVar("Result")


class Stubs:
    """The generated stubs over one channel, blocking or asyncio."""

    def __init__(self, channel: Any) -> None:
        self.rag = rag_service_pb2_grpc.RagServiceStub(channel)
        self.documents = document_service_pb2_grpc.DocumentServiceStub(channel)
        self.collections = collection_service_pb2_grpc.CollectionServiceStub(channel)
        self.jobs = job_service_pb2_grpc.JobServiceStub(channel)
        self.admin = admin_service_pb2_grpc.AdminServiceStub(channel)
        # Wrappers have the wire format of the health service's one-field messages, whose
        # generated code is not in the base install.
        self.health = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=Int32Value.FromString,
        )


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One RPC, ready to be sent on either kind of channel."""

    rpc: Callable[[Stubs], Any]
    request: Message
    read: Callable[[Any], Result]


@dataclass(frozen=True, slots=True)
class Page(Generic[Result]):
    """Part of a list; `next_token` is empty on the last page."""

    items: tuple[Result, ...]
    next_token: str


def following(call: Call[Page[Result]], token: str) -> Call[Page[Result]]:
    """The call for the page that `token` names."""
    request: Any = type(call.request)()
    request.CopyFrom(call.request)
    request.page_token = token
    return replace(call, request=request)


@encodable
def create_collection(
    name: str,
    description: str,
    chunking: types.Chunking | None,
    embedder: str,
    schema: types.MetadataSchema | None,
    fields: Sequence[types.Modality | str],
    validate_only: bool,
) -> Call[types.Collection]:
    """Creates a collection."""
    request = collection_service_pb2.CreateCollectionRequest(
        collection=name,
        description=description,
        chunking=chunking_message(chunking),
        embedder=embedder,
        metadata_schema=schema_message(schema),
        fields=map(modality, fields),
        validate_only=validate_only,
    )
    return Call(
        lambda stubs: stubs.collections.CreateCollection,
        request,
        lambda response: documents.collection(response.collection),
    )


@encodable
def get_collection(name: str) -> Call[types.Collection]:
    """Reads a collection."""
    return Call(
        lambda stubs: stubs.collections.GetCollection,
        collection_service_pb2.GetCollectionRequest(collection=name),
        lambda response: documents.collection(response.collection),
    )


@encodable
def update_collection(
    name: str,
    description: str | None,
    schema: types.MetadataSchema | None,
    validate_only: bool,
) -> Call[types.Collection]:
    """Changes a collection."""
    request = collection_service_pb2.UpdateCollectionRequest(
        collection=name,
        description=description,
        metadata_schema=schema_message(schema),
        validate_only=validate_only,
    )
    return Call(
        lambda stubs: stubs.collections.UpdateCollection,
        request,
        lambda response: documents.collection(response.collection),
    )


@encodable
def get_metadata_schema(name: str, max_values: int | None) -> Call[types.CollectionSchema]:
    """Reads what the metadata of a collection means and holds."""
    return Call(
        lambda stubs: stubs.collections.GetMetadataSchema,
        collection_service_pb2.GetMetadataSchemaRequest(collection=name, max_values=max_values),
        collection_schema,
    )


@encodable
def validate_filter(collection: str, filter: Filter) -> Call[types.FilterVerdict]:
    """Holds a filter against a collection's schema."""
    return Call(
        lambda stubs: stubs.rag.ValidateFilter,
        rag_service_pb2.ValidateFilterRequest(collection=collection, filter=filter_message(filter)),
        verdict,
    )


@encodable
def rerank(
    query: str,
    texts: Iterable[types.Text | str],
    top_k: int | None,
    reranker: types.Reranker | None,
) -> Call[types.Ranking]:
    """Puts texts in order."""
    return Call(
        lambda stubs: stubs.rag.Rerank, rerank_request(query, texts, top_k, reranker), ranking
    )


@encodable
def list_collections(page_size: int | None) -> Call[Page[types.Collection]]:
    """Lists collections, first page."""

    def read(response: collection_service_pb2.ListCollectionsResponse) -> Page[types.Collection]:
        items = tuple(documents.collection(each) for each in response.collections)
        return Page(items, response.next_page_token)

    return Call(
        lambda stubs: stubs.collections.ListCollections,
        collection_service_pb2.ListCollectionsRequest(page_size=page_size),
        read,
    )


@encodable
def delete_collection(name: str, validate_only: bool) -> Call[int]:
    """Deletes a collection; how many documents went with it."""
    return Call(
        lambda stubs: stubs.collections.DeleteCollection,
        collection_service_pb2.DeleteCollectionRequest(
            collection=name, validate_only=validate_only
        ),
        lambda response: int(response.deleted_document_count),
    )


@encodable
def reindex_collection(name: str, asked: types.Reindexing, request_id: str) -> Call[types.Job]:
    """Begins to reindex a collection."""
    index = collection_service_pb2.IndexSettings(
        ef_construction=asked.ef_construction,
        ef_search=asked.ef_search,
        max_neighbors=asked.max_neighbors,
    )
    throttle = collection_service_pb2.Throttle(
        share=asked.share, documents_per_second=asked.documents_per_second
    )
    request = collection_service_pb2.ReindexCollectionRequest(
        collection=name,
        chunking=chunking_message(asked.chunking),
        index=index,
        embedder=asked.embedder,
        throttle=throttle,
        request_id=request_id,
    )
    return Call(
        lambda stubs: stubs.collections.ReindexCollection,
        request,
        lambda response: jobs.job(response.job),
    )


@encodable
def upsert_documents(
    collection: str, batch: Sequence[document_service_pb2.Document]
) -> Call[types.UpsertResult]:
    """Stores one batch of documents."""
    return Call(
        lambda stubs: stubs.documents.UpsertDocuments,
        document_service_pb2.UpsertDocumentsRequest(collection=collection, documents=batch),
        documents.upsert_result,
    )


@encodable
def opening(collection: str) -> document_service_pb2.StreamIngestRequest:
    """First message of a stream of documents."""
    return document_service_pb2.StreamIngestRequest(
        open=document_service_pb2.IngestOpen(collection=collection)
    )


@encodable
def get_document(
    collection: str, document_id: str, at_least_as_fresh: str | None
) -> Call[types.StoredDocument]:
    """Reads a document with its text."""
    return Call(
        lambda stubs: stubs.documents.GetDocument,
        document_service_pb2.GetDocumentRequest(
            collection=collection,
            document_id=document_id,
            consistency=consistency(at_least_as_fresh),
        ),
        lambda response: documents.stored_document(response.document),
    )


@encodable
def delete_documents(
    collection: str, document_ids: Sequence[str], validate_only: bool
) -> Call[types.DeleteResult]:
    """Deletes one batch of documents."""
    return Call(
        lambda stubs: stubs.documents.DeleteDocuments,
        document_service_pb2.DeleteDocumentsRequest(
            collection=collection, document_ids=document_ids, validate_only=validate_only
        ),
        documents.delete_result,
    )


@encodable
def list_documents(
    collection: str, filter: Filter | None, page_size: int | None, at_least_as_fresh: str | None
) -> Call[Page[types.StoredDocument]]:
    """Lists documents, first page."""

    def read(response: document_service_pb2.ListDocumentsResponse) -> Page[types.StoredDocument]:
        items = tuple(documents.stored_document(each) for each in response.documents)
        return Page(items, response.next_page_token)

    return Call(
        lambda stubs: stubs.documents.ListDocuments,
        document_service_pb2.ListDocumentsRequest(
            collection=collection,
            filter=filter_message(filter) if filter is not None else None,
            page_size=page_size,
            consistency=consistency(at_least_as_fresh),
        ),
        read,
    )


@encodable
def list_chunks(
    collection: str, document_id: str, page_size: int | None, at_least_as_fresh: str | None
) -> Call[Page[types.Chunk]]:
    """Lists the chunks of a document, first page."""

    def read(response: document_service_pb2.ListChunksResponse) -> Page[types.Chunk]:
        items = tuple(documents.chunk(each) for each in response.chunks)
        return Page(items, response.next_page_token)

    return Call(
        lambda stubs: stubs.documents.ListChunks,
        document_service_pb2.ListChunksRequest(
            collection=collection,
            document_id=document_id,
            page_size=page_size,
            consistency=consistency(at_least_as_fresh),
        ),
        read,
    )


@encodable
def retrieve_hits(request: types.RetrieveRequest) -> Call[types.Retrieval]:
    """Finds hits."""
    return Call(lambda stubs: stubs.rag.Retrieve, retrieve(request), answers.retrieval)


@encodable
def batch_retrieve(
    requests: Sequence[types.RetrieveRequest],
) -> Call[list[types.Retrieval | RagError]]:
    """Finds hits for several questions."""
    return Call(
        lambda stubs: stubs.rag.BatchRetrieve,
        rag_service_pb2.BatchRetrieveRequest(requests=[retrieve(each) for each in requests]),
        answers.retrieve_results,
    )


@encodable
def answer(request: types.RetrieveRequest, generator: types.Generator | None) -> Call[types.Answer]:
    """Answers a question."""
    return Call(lambda stubs: stubs.rag.Query, query(request, generator), answers.answer)


@encodable
def stream_answer(
    request: types.RetrieveRequest, generator: types.Generator | None
) -> Call[types.Event | None]:
    """Answers a question as a stream of events."""
    return Call(
        lambda stubs: stubs.rag.StreamQuery,
        rag_service_pb2.StreamQueryRequest(query=query(request, generator)),
        answers.event,
    )


@encodable
def get_job(job_id: str) -> Call[types.Job]:
    """Reads a job."""
    return Call(
        lambda stubs: stubs.jobs.GetJob,
        job_service_pb2.GetJobRequest(job_id=job_id),
        lambda response: jobs.job(response.job),
    )


@encodable
def list_jobs(
    kind: str,
    collection: str,
    states: Sequence[types.JobState],
    server_wide: bool,
    page_size: int | None,
) -> Call[Page[types.Job]]:
    """Lists jobs, first page."""

    def read(response: job_service_pb2.ListJobsResponse) -> Page[types.Job]:
        return Page(tuple(map(jobs.job, response.jobs)), response.next_page_token)

    return Call(
        lambda stubs: stubs.jobs.ListJobs,
        job_service_pb2.ListJobsRequest(
            kind=kind,
            collection=collection,
            states=[jobs.state_name(each) for each in states],
            server_wide=server_wide,
            page_size=page_size,
        ),
        read,
    )


@encodable
def watch_job(job_id: str) -> Call[types.Job]:
    """Reads a job whenever it has changed."""
    return Call(
        lambda stubs: stubs.jobs.WatchJob,
        job_service_pb2.WatchJobRequest(job_id=job_id),
        lambda response: jobs.job(response.job),
    )


@encodable
def cancel_job(job_id: str) -> Call[types.Job]:
    """Asks for the end of a job."""
    return Call(
        lambda stubs: stubs.jobs.CancelJob,
        job_service_pb2.CancelJobRequest(job_id=job_id),
        lambda response: jobs.job(response.job),
    )


@encodable
def create_backup(
    collection: str, incremental: bool, base_id: str, request_id: str
) -> Call[types.Job]:
    """Begins a backup."""
    request = admin_service_pb2.CreateBackupRequest(
        collection=collection, incremental=incremental, base_id=base_id, request_id=request_id
    )
    return Call(
        lambda stubs: stubs.admin.CreateBackup, request, lambda response: jobs.job(response.job)
    )


@encodable
def list_backups(page_size: int | None) -> Call[Page[types.Backup]]:
    """Lists backups, first page."""

    def read(response: admin_service_pb2.ListBackupsResponse) -> Page[types.Backup]:
        return Page(tuple(map(backups.backup, response.backups)), response.next_page_token)

    return Call(
        lambda stubs: stubs.admin.ListBackups,
        admin_service_pb2.ListBackupsRequest(page_size=page_size),
        read,
    )


@encodable
def get_backup(backup_id: str) -> Call[types.Backup]:
    """Reads a backup."""
    return Call(
        lambda stubs: stubs.admin.GetBackup,
        admin_service_pb2.GetBackupRequest(backup_id=backup_id),
        lambda response: backups.backup(response.backup),
    )


@encodable
def delete_backup(backup_id: str) -> Call[None]:
    """Deletes a backup."""
    return Call(
        lambda stubs: stubs.admin.DeleteBackup,
        admin_service_pb2.DeleteBackupRequest(backup_id=backup_id),
        lambda _: None,
    )


@encodable
def verify_backup(backup_id: str, request_id: str) -> Call[types.Job]:
    """Begins to verify a backup."""
    return Call(
        lambda stubs: stubs.admin.VerifyBackup,
        admin_service_pb2.VerifyBackupRequest(backup_id=backup_id, request_id=request_id),
        lambda response: jobs.job(response.job),
    )


@encodable
def restore_backup(
    backup_id: str, collection: str, name: str, replace_there: bool, request_id: str
) -> Call[types.Job]:
    """Begins to restore."""
    request = admin_service_pb2.RestoreBackupRequest(
        backup_id=backup_id,
        collection=collection,
        name=name,
        replace=replace_there,
        request_id=request_id,
    )
    return Call(
        lambda stubs: stubs.admin.RestoreBackup, request, lambda response: jobs.job(response.job)
    )


def server_info() -> Call[types.ServerInfo]:
    """Reads what the server is."""
    return Call(
        lambda stubs: stubs.admin.GetServerInfo,
        admin_service_pb2.GetServerInfoRequest(),
        server.server_info,
    )


def health() -> Call[types.Health]:
    """Asks the health service about the server as a whole."""
    return Call(lambda stubs: stubs.health, StringValue(), lambda reply: server.health(reply.value))
