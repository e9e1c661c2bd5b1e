"""A small server behind the generated code, to see what the client sends and to inject faults.

It keeps documents in memory and answers in a fixed way; it checks nothing that a test of
the client does not need.
"""

# The methods have the names of the RPCs.
# ruff: noqa: N802

from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from ragrpc.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    backup_pb2,
    collection_service_pb2,
    collection_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    job_service_pb2,
    job_service_pb2_grpc,
    rag_service_pb2,
    rag_service_pb2_grpc,
    retrieval_pb2,
)

PAGE = 2
# What a stream of documents may have under way.
INGEST_BYTES, INGEST_ITEMS = 1_000_000, 4
OUTCOMES = document_service_pb2.UpsertOutcome


@dataclass(frozen=True)
class Seen:
    """One call as it arrived."""

    method: str
    request: Any
    metadata: dict[str, str | bytes]
    time_remaining: float | None


@dataclass(frozen=True)
class Fault:
    """How a call is to fail."""

    code: grpc.StatusCode
    message: str = "injected"
    trailers: tuple[tuple[str, str | bytes], ...] = ()


def details(
    code: grpc.StatusCode, reason: str, *violations: tuple[str, str], **names: str
) -> tuple[str, bytes]:
    """The trailer with ErrorInfo and BadRequest, as the server sends it."""
    packed = [AnyMessage(), AnyMessage()]
    packed[0].Pack(ErrorInfo(reason=reason, domain="ragrpc", metadata=names))
    wrong = [BadRequest.FieldViolation(field=at, description=why) for at, why in violations]
    packed[1].Pack(BadRequest(field_violations=wrong))
    status = Status(code=code.value[0], message="injected", details=packed)
    return ("grpc-status-details-bin", status.SerializeToString())


def not_found(reason: str, message: str) -> Fault:
    code = grpc.StatusCode.NOT_FOUND
    return Fault(code, message, (details(code, reason),))


@dataclass
class FakeServer:
    """The state that the servicers share: what is stored, seen, and to fail next."""

    collections: dict[str, dict[str, document_service_pb2.Document]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    events: list[rag_service_pb2.StreamQueryResponse] | None = None
    stream_fault: tuple[int, Fault] | None = None
    stream_held: bool = False
    ingest_ends: deque[tuple[int, Fault | None]] = field(default_factory=deque)
    ingest_held: int | None = None
    ingested: list[str] = field(default_factory=list)
    stream_cancelled: Event = field(default_factory=Event)
    address: str = ""
    health: HealthServicer = field(default_factory=HealthServicer)
    _server: grpc.Server | None = None

    def start(self, port: int = 0, credentials: grpc.ServerCredentials | None = None) -> None:
        limit = [("grpc.max_receive_message_length", 16 * 1024 * 1024)]
        server = grpc.server(ThreadPoolExecutor(4), options=limit)
        rag_service_pb2_grpc.add_RagServiceServicer_to_server(FakeRag(self), server)
        document_service_pb2_grpc.add_DocumentServiceServicer_to_server(FakeDocuments(self), server)
        collection_service_pb2_grpc.add_CollectionServiceServicer_to_server(
            FakeCollections(self), server
        )
        admin_service_pb2_grpc.add_AdminServiceServicer_to_server(FakeAdmin(self), server)
        job_service_pb2_grpc.add_JobServiceServicer_to_server(FakeJobs(self), server)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        place = f"localhost:{port}"
        if credentials:
            self.address = f"localhost:{server.add_secure_port(place, credentials)}"
        else:
            self.address = f"localhost:{server.add_insecure_port(place)}"
        server.start()
        self._server = server

    def stop(self, grace: float | None = None) -> None:
        if self._server is not None:
            self._server.stop(grace).wait()
            self._server = None

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults[method].extend(faults)

    def fail_streams_after(self, events: int, fault: Fault) -> None:
        self.stream_fault = (events, fault)

    def end_ingest_after(self, items: int, fault: Fault | None = None) -> None:
        """The next stream of documents that has no other end ends after so many answers, by
        draining where no fault is given."""
        self.ingest_ends.append((items, fault))

    def hold_ingest_after(self, items: int | None) -> None:
        """Streams of documents answer so many, then stop until they are cancelled; None: all."""
        self.ingest_held = items

    def hold_streams(self) -> None:
        """Streams stop after their first event until they are cancelled."""
        self.stream_held = True

    def calls_of(self, method: str) -> list[Seen]:
        return [each for each in self.seen if each.method == method]

    def enter(self, method: str, request: Any, context: grpc.ServicerContext) -> None:
        metadata = dict(context.invocation_metadata())
        self.seen.append(Seen(method, request, metadata, context.time_remaining()))
        if self.faults[method]:
            self.abort(context, self.faults[method].popleft())

    def abort(self, context: grpc.ServicerContext, fault: Fault) -> NoReturn:
        context.set_trailing_metadata(fault.trailers)
        context.abort(fault.code, fault.message)

    def collection(
        self, name: str, context: grpc.ServicerContext
    ) -> dict[str, document_service_pb2.Document]:
        if name not in self.collections:
            fault = not_found("COLLECTION_NOT_FOUND", f"collection {name!r} does not exist")
            self.abort(context, fault)
        return self.collections[name]


def page(items: list[Any], token: str) -> tuple[list[Any], str]:
    start = int(token or 0)
    end = start + PAGE
    return items[start:end], str(end) if end < len(items) else ""


def described(name: str, count: int) -> collection_service_pb2.Collection:
    message = collection_service_pb2.Collection(
        name=name, revision=count, generation=1, document_count=count, embedder="test"
    )
    message.create_time.FromSeconds(1_700_000_000)
    message.chunking.sentence.max_tokens = 200
    message.chunking.sentence.overlap = 0
    return message


def job() -> job_service_pb2.Job:
    """A job that waits."""
    message = job_service_pb2.Job(id="job-1", kind="reindex", state="STATE_QUEUED")
    message.create_time.FromSeconds(1_700_000_000)
    message.update_time.FromSeconds(1_700_000_000)
    return message


@dataclass
class FakeCollections(collection_service_pb2_grpc.CollectionServiceServicer):
    state: FakeServer

    def CreateCollection(self, request: Any, context: Any) -> Any:
        self.state.enter("CreateCollection", request, context)
        if request.collection in self.state.collections:
            code = grpc.StatusCode.ALREADY_EXISTS
            fault = Fault(code, "exists", (details(code, "COLLECTION_EXISTS"),))
            self.state.abort(context, fault)
        if not request.validate_only:
            self.state.collections[request.collection] = {}
        return collection_service_pb2.CreateCollectionResponse(
            collection=described(request.collection, 0)
        )

    def GetCollection(self, request: Any, context: Any) -> Any:
        self.state.enter("GetCollection", request, context)
        count = len(self.state.collection(request.collection, context))
        return collection_service_pb2.GetCollectionResponse(
            collection=described(request.collection, count)
        )

    def ListCollections(self, request: Any, context: Any) -> Any:
        self.state.enter("ListCollections", request, context)
        names, token = page(sorted(self.state.collections), request.page_token)
        return collection_service_pb2.ListCollectionsResponse(
            collections=[described(name, len(self.state.collections[name])) for name in names],
            next_page_token=token,
        )

    def DeleteCollection(self, request: Any, context: Any) -> Any:
        self.state.enter("DeleteCollection", request, context)
        count = len(self.state.collection(request.collection, context))
        if not request.validate_only:
            del self.state.collections[request.collection]
        return collection_service_pb2.DeleteCollectionResponse(deleted_document_count=count)

    def UpdateCollection(self, request: Any, context: Any) -> Any:
        self.state.enter("UpdateCollection", request, context)
        self.state.collection(request.collection, context)
        changed = collection_service_pb2.Collection(
            name=request.collection,
            description=request.description,
            metadata_schema=request.metadata_schema,
        )
        return collection_service_pb2.UpdateCollectionResponse(collection=changed)

    def GetMetadataSchema(self, request: Any, context: Any) -> Any:
        self.state.enter("GetMetadataSchema", request, context)
        self.state.collection(request.collection, context)
        return collection_service_pb2.GetMetadataSchemaResponse(revision=1)

    def ReindexCollection(self, request: Any, context: Any) -> Any:
        self.state.enter("ReindexCollection", request, context)
        self.state.collection(request.collection, context)
        return collection_service_pb2.ReindexCollectionResponse(job=job())


@dataclass
class FakeDocuments(document_service_pb2_grpc.DocumentServiceServicer):
    state: FakeServer

    def UpsertDocuments(self, request: Any, context: Any) -> Any:
        self.state.enter("UpsertDocuments", request, context)
        stored = self.state.collection(request.collection, context)
        return document_service_pb2.UpsertDocumentsResponse(
            outcomes=[self._upsert(stored, each) for each in request.documents],
            consistency_token=f"token-{len(stored)}",
            revision=len(stored),
            timings=[retrieval_pb2.StageTiming(stage="commit", milliseconds=1.5)],
        )

    def StreamIngest(self, requests: Any, context: Any) -> Any:
        opening = next(requests)
        self.state.enter("StreamIngest", opening, context)
        stored = self.state.collection(opening.open.collection, context)
        until, fault = self.state.ingest_ends.popleft() if self.state.ingest_ends else (None, None)
        window = document_service_pb2.IngestCredits(bytes=INGEST_BYTES, items=INGEST_ITEMS)
        opened = document_service_pb2.IngestOpened(credits=window, max_item_bytes=INGEST_BYTES)
        yield document_service_pb2.StreamIngestResponse(opened=opened)
        for answered, (number, cost, document) in enumerate(items(requests)):
            if answered == until:
                if fault is not None:
                    self.state.abort(context, fault)
                drain = document_service_pb2.IngestDrain()
                yield document_service_pb2.StreamIngestResponse(drain=drain)
                return
            if answered == self.state.ingest_held:
                over = Event()
                context.add_callback(over.set)
                over.wait()
                return
            self.state.ingested.append(document.id)
            ack = document_service_pb2.IngestAck(
                item_id=number, outcome=self._upsert(stored, document)
            )
            acks = document_service_pb2.IngestAcks(
                acks=[ack], consistency_token=f"token-{len(stored)}", revision=len(stored)
            )
            yield document_service_pb2.StreamIngestResponse(acks=acks)
            freed = document_service_pb2.IngestCredits(bytes=cost, items=1)
            yield document_service_pb2.StreamIngestResponse(credits=freed)

    def _upsert(self, stored: dict[str, Any], document: Any) -> Any:
        if not document.content.strip():
            _, blob = details(
                grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", ("content", "is empty")
            )
            error = Status.FromString(blob)
            return OUTCOMES(document_id=document.id, kind=OUTCOMES.KIND_FAILED, error=error)
        kind = OUTCOMES.KIND_UPDATED if document.id in stored else OUTCOMES.KIND_CREATED
        if stored.get(document.id) == document:
            kind = OUTCOMES.KIND_UNCHANGED
        stored[document.id] = document
        return OUTCOMES(document_id=document.id, kind=kind, chunk_count=1, embedded_chunk_count=1)

    def GetDocument(self, request: Any, context: Any) -> Any:
        self.state.enter("GetDocument", request, context)
        stored = self.state.collection(request.collection, context)
        if request.document_id not in stored:
            self.state.abort(context, not_found("DOCUMENT_NOT_FOUND", "no such document"))
        document = stored_document(stored[request.document_id], text=True)
        return document_service_pb2.GetDocumentResponse(document=document, revision=1)

    def DeleteDocuments(self, request: Any, context: Any) -> Any:
        self.state.enter("DeleteDocuments", request, context)
        stored = self.state.collection(request.collection, context)
        present = [each for each in request.document_ids if each in stored]
        if not request.validate_only:
            for each in present:
                del stored[each]
        return document_service_pb2.DeleteDocumentsResponse(
            deleted_ids=present, consistency_token="deleted", revision=9
        )

    def ListDocuments(self, request: Any, context: Any) -> Any:
        self.state.enter("ListDocuments", request, context)
        stored = self.state.collection(request.collection, context)
        ids, token = page(sorted(stored), request.page_token)
        return document_service_pb2.ListDocumentsResponse(
            documents=[stored_document(stored[each], text=False) for each in ids],
            next_page_token=token,
        )

    def ListChunks(self, request: Any, context: Any) -> Any:
        self.state.enter("ListChunks", request, context)
        stored = self.state.collection(request.collection, context)
        if request.document_id not in stored:
            self.state.abort(context, not_found("DOCUMENT_NOT_FOUND", "no such document"))
        chunks, token = page(chunks_of(stored[request.document_id].content), request.page_token)
        return document_service_pb2.ListChunksResponse(chunks=chunks, next_page_token=token)


def items(requests: Any) -> Iterator[tuple[int, int, Any]]:
    """Number, cost and document of each item of a stream."""
    for request in requests:
        for frame in request.frames:
            match frame.WhichOneof("frame"):
                case "header":
                    header, data = frame.header, b""
                case "data":
                    data += frame.data
                case "end":
                    yield (
                        header.item_id,
                        header.ByteSize() + len(data),
                        document_service_pb2.Document(
                            id=header.document_id,
                            content=data.decode(),
                            content_type=header.content_type,
                            title=header.title if header.HasField("title") else None,
                            metadata=header.metadata,
                        ),
                    )


def stored_document(document: Any, *, text: bool) -> Any:
    message = document_service_pb2.StoredDocument(
        id=document.id,
        text=document.content if text else "",
        content_type=document.content_type,
        title=document.title,
        metadata=document.metadata,
        revision=1,
        chunk_count=1,
        size_bytes=len(document.content.encode()),
    )
    message.update_time.FromSeconds(1_700_000_000)
    return message


def chunks_of(content: str) -> list[Any]:
    """One chunk per line."""
    chunks, start = [], 0
    for ordinal, line in enumerate(content.splitlines(keepends=True)):
        end = start + len(line.encode())
        chunks.append(
            document_service_pb2.Chunk(
                id=f"chunk-{ordinal}",
                span=retrieval_pb2.Span(start=start, end=end),
                text=line,
                token_count=len(line.split()),
                ordinal=ordinal,
            )
        )
        start = end
    return chunks


@dataclass
class FakeRag(rag_service_pb2_grpc.RagServiceServicer):
    state: FakeServer

    def Retrieve(self, request: Any, context: Any) -> Any:
        self.state.enter("Retrieve", request, context)
        stored = self.state.collection(request.collection, context)
        return rag_service_pb2.RetrieveResponse(
            hits=[hit(each) for each in stored.values()][: request.top_k or 10],
            timings=[retrieval_pb2.StageTiming(stage="search", milliseconds=0.5)],
            provenance=provenance(),
            funnel=[retrieval_pb2.FunnelStep(step="plan", candidate_count=len(stored))]
            if request.explain
            else [],
        )

    def BatchRetrieve(self, request: Any, context: Any) -> Any:
        self.state.enter("BatchRetrieve", request, context)
        return rag_service_pb2.BatchRetrieveResponse(
            results=[self._result(each) for each in request.requests]
        )

    def _result(self, request: Any) -> Any:
        stored = self.state.collections.get(request.collection)
        if stored is None:
            status = Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="no collection")
            return rag_service_pb2.RetrieveResult(error=status)
        hits = [hit(each) for each in stored.values()]
        return rag_service_pb2.RetrieveResult(response=rag_service_pb2.RetrieveResponse(hits=hits))

    def Rerank(self, request: Any, context: Any) -> Any:
        self.state.enter("Rerank", request, context)
        score = retrieval_pb2.StageScore(stage="dense", score=0.5, rank=1)
        return rag_service_pb2.RerankResponse(
            texts=[
                rag_service_pb2.RankedText(id=each.id, index=place, score=1, stage_scores=[score])
                for place, each in reversed(list(enumerate(request.texts)))
            ],
            timings=[retrieval_pb2.StageTiming(stage="rerank", milliseconds=0.5)],
            provenance=retrieval_pb2.Provenance(embedder="fake"),
        )

    def ValidateFilter(self, request: Any, context: Any) -> Any:
        self.state.enter("ValidateFilter", request, context)
        stored = self.state.collection(request.collection, context)
        return rag_service_pb2.ValidateFilterResponse(document_count=len(stored))

    def Query(self, request: Any, context: Any) -> Any:
        self.state.enter("Query", request, context)
        stored = self.state.collection(request.retrieval.collection, context)
        return answer(list(stored.values()))

    def StreamQuery(self, request: Any, context: Any) -> Iterator[Any]:
        self.state.enter("StreamQuery", request, context)
        stored = self.state.collection(request.query.retrieval.collection, context)
        context.add_callback(self.state.stream_cancelled.set)
        events = self.state.events or streamed(answer(list(stored.values())))
        for count, event in enumerate(events):
            if self.state.stream_fault and count == self.state.stream_fault[0]:
                self.state.abort(context, self.state.stream_fault[1])
            if self.state.stream_held and count == 1:
                self.state.stream_cancelled.wait()
                return
            yield event


def hit(document: Any) -> Any:
    end = len(document.content.encode())
    return retrieval_pb2.Hit(
        document_id=document.id,
        chunk_id=f"{document.id}-0",
        title=document.title,
        text=document.content,
        spans=[retrieval_pb2.Span(start=0, end=end)],
        metadata=document.metadata,
        score=0.75,
        stage_scores=[retrieval_pb2.StageScore(stage="dense", score=0.75, rank=1)],
    )


def provenance() -> Any:
    return retrieval_pb2.Provenance(
        embedder="test", generation=1, revision=1, pipeline="default", generator="extractive"
    )


def answer(documents: list[Any]) -> Any:
    """Quotes the first document whole; abstains where there is none."""
    account: dict[str, Any] = {
        "timings": [retrieval_pb2.StageTiming(stage="generate", milliseconds=2.25)],
        "provenance": provenance(),
    }
    if not documents:
        return rag_service_pb2.QueryResponse(
            abstain_reasons=[rag_service_pb2.ABSTAIN_REASON_NO_HITS], **account
        )
    text = documents[0].content
    span = retrieval_pb2.Span(start=0, end=len(text.encode()))
    citation = rag_service_pb2.Citation(
        document_id=documents[0].id,
        chunk_id=f"{documents[0].id}-0",
        answer_span=span,
        source_span=span,
        source_text=text,
        support=1.0,
    )
    return rag_service_pb2.QueryResponse(
        answer=text, citations=[citation], hits=[hit(each) for each in documents], **account
    )


def streamed(response: Any) -> Iterator[Any]:
    """The events of an answer, its text in two deltas."""
    middle = len(response.answer) // 2
    pieces = [each for each in (response.answer[:middle], response.answer[middle:]) if each]
    parts: list[dict[str, Any]] = [
        {"started": rag_service_pb2.Started(request_id="served", revision=1)},
        {"hits": rag_service_pb2.HitsFound(hits=response.hits)},
        *({"delta": rag_service_pb2.Delta(text=each)} for each in pieces),
        *({"citation": each} for each in response.citations),
        {"completed": response},
    ]
    for sequence, part in enumerate(parts):
        yield rag_service_pb2.StreamQueryResponse(sequence=sequence, **part)


@dataclass
class FakeJobs(job_service_pb2_grpc.JobServiceServicer):
    """One job, which has succeeded as soon as it is watched."""

    state: FakeServer

    def GetJob(self, request: Any, context: Any) -> Any:
        self.state.enter("GetJob", request, context)
        return job_service_pb2.GetJobResponse(job=job())

    def ListJobs(self, request: Any, context: Any) -> Any:
        self.state.enter("ListJobs", request, context)
        return job_service_pb2.ListJobsResponse(jobs=[job()])

    def WatchJob(self, request: Any, context: Any) -> Iterator[Any]:
        self.state.enter("WatchJob", request, context)
        done = job()
        done.state = job_service_pb2.Job.STATE_SUCCEEDED
        done.end_time.FromSeconds(1_700_000_001)
        yield job_service_pb2.WatchJobResponse(job=done)

    def CancelJob(self, request: Any, context: Any) -> Any:
        self.state.enter("CancelJob", request, context)
        return job_service_pb2.CancelJobResponse(job=job())


# Ids of the backups that there are, newest first.
BACKUPS = ["20260102T000000000Z-000002", "20260101T000000000Z-000001"]


def backed_up(id: str) -> backup_pb2.Backup:
    return backup_pb2.Backup(
        id=id,
        kind="KIND_INCREMENTAL" if id == BACKUPS[0] else "KIND_FULL",
        parent_id=BACKUPS[1] if id == BACKUPS[0] else "",
        create_time=Timestamp(seconds=1_767_225_600),
        size_bytes=4_096,
        program_version="0.1.0",
        collections=[
            backup_pb2.BackupCollection(
                name="docs", revision=7, document_count=3, chunk_count=5, embedder="test"
            )
        ],
    )


def queued(kind: str, collection: str) -> job_service_pb2.Job:
    message = job()
    message.kind, message.collection = kind, collection
    return message


@dataclass
class FakeAdmin(admin_service_pb2_grpc.AdminServiceServicer):
    state: FakeServer

    def GetServerInfo(self, request: Any, context: Any) -> Any:
        self.state.enter("GetServerInfo", request, context)
        limits = admin_service_pb2.Limits(
            max_message_bytes=16 * 1024 * 1024,
            max_document_bytes=4 * 1024 * 1024,
            max_batch_documents=1000,
            max_top_k=1000,
            default_deadline=Duration(seconds=30),
            max_deadline=Duration(seconds=300),
            max_data_bytes=64 * 1024 * 1024,
        )
        return admin_service_pb2.GetServerInfoResponse(
            version="0.1.0",
            caller=admin_service_pb2.CallerInfo(tenant="default", roles=["reader", "writer"]),
            pipelines=[admin_service_pb2.PipelineInfo(name="default", description="Dense.")],
            embedder=admin_service_pb2.EmbedderInfo(name="test", dimension=8, max_tokens=256),
            generators=["extractive"],
            limits=limits,
            components=[
                admin_service_pb2.ComponentStatus(
                    name="catalog", state=admin_service_pb2.ComponentStatus.STATE_SERVING
                )
            ],
            uptime=Duration(seconds=90),
        )

    def CreateBackup(self, request: Any, context: Any) -> Any:
        self.state.enter("CreateBackup", request, context)
        job = queued("backup", request.collection)
        return admin_service_pb2.CreateBackupResponse(job=job)

    def ListBackups(self, request: Any, context: Any) -> Any:
        self.state.enter("ListBackups", request, context)
        ids, token = page(BACKUPS, request.page_token)
        return admin_service_pb2.ListBackupsResponse(
            backups=map(backed_up, ids), next_page_token=token
        )

    def GetBackup(self, request: Any, context: Any) -> Any:
        self.state.enter("GetBackup", request, context)
        return admin_service_pb2.GetBackupResponse(backup=backed_up(request.backup_id))

    def DeleteBackup(self, request: Any, context: Any) -> Any:
        self.state.enter("DeleteBackup", request, context)
        return admin_service_pb2.DeleteBackupResponse()

    def VerifyBackup(self, request: Any, context: Any) -> Any:
        self.state.enter("VerifyBackup", request, context)
        return admin_service_pb2.VerifyBackupResponse(job=queued("verify_backup", ""))

    def RestoreBackup(self, request: Any, context: Any) -> Any:
        self.state.enter("RestoreBackup", request, context)
        job = queued("restore", request.name or request.collection)
        return admin_service_pb2.RestoreBackupResponse(job=job)


def serving(state: FakeServer, *, ready: bool) -> None:
    """Sets what the health service answers."""
    statuses = health_pb2.HealthCheckResponse
    state.health.set("", statuses.SERVING if ready else statuses.NOT_SERVING)
