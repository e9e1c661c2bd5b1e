"""Documents, chunks and collections."""

from collections.abc import Iterable

from ragrpc.v1 import collection_service_pb2 as collections_pb
from ragrpc.v1 import document_service_pb2 as pb
from ragrpc.v1 import modality_pb2, retrieval_pb2

from rag_server.core.content import ContentType, Modality
from rag_server.core.documents import Collection, Document, Outcome, StoredChunk, StoredDocument
from rag_server.core.errors import InvalidRequest, RagError, Violation
from rag_server.core.frames import (
    Answered,
    Credits,
    Draining,
    End,
    Event,
    Frame,
    Header,
    Opened,
    Refused,
)
from rag_server.core.values import Span
from rag_server.transport.convert.chunking import chunking_message
from rag_server.transport.convert.metadata import fill_metadata, metadata, timestamp
from rag_server.transport.convert.metadata_schemas import schema_message
from rag_server.transport.errors import status_of
from rag_server.transport.validation import check

_CONTENT_TYPES: dict[int, ContentType] = {
    pb.CONTENT_TYPE_UNSPECIFIED: ContentType.PLAIN,
    **{pb.ContentType.Value(f"CONTENT_TYPE_{each}"): each for each in ContentType},
}


def document(message: pb.Document) -> Document:
    """A document as sent; its fields have been checked. Raises InvalidRequest for metadata,
    and for text where the type asks for bytes."""
    content_type = _CONTENT_TYPES[message.content_type]
    is_data = message.WhichOneof("source") == "data"
    if not (is_data or content_type.is_text):
        wrong = f"must be sent as data, since {content_type} is not text"
        raise InvalidRequest.of(Violation("content", wrong))
    return Document(
        id=message.id,
        content=message.data if is_data else message.content,
        content_type=content_type,
        title=message.title if message.HasField("title") else None,
        metadata=metadata(message.metadata),
    )


def frames(message: pb.StreamIngestRequest) -> list[Frame]:
    """The frames of one message of a stream."""
    return [
        _header(frame.header) if kind == "header" else frame.data if kind == "data" else End()
        for frame in message.frames
        if (kind := frame.WhichOneof("frame"))
    ]


def _header(message: pb.IngestHeader) -> Header | Refused:
    cost = message.ByteSize()
    try:
        check(message)
        described = Document(
            id=message.document_id,
            content=b"",
            content_type=_CONTENT_TYPES[message.content_type],
            title=message.title if message.HasField("title") else None,
            metadata=metadata(message.metadata),
        )
    except RagError as error:
        return Refused(message.item_id, message.document_id, error, cost)
    size = message.size_bytes if message.HasField("size_bytes") else None
    return Header(message.item_id, described, cost, size)


def ingest_message(event: Event) -> pb.StreamIngestResponse:
    """What the server says on a stream."""
    match event:
        case Opened(credits, max_item_bytes):
            opened = pb.IngestOpened(credits=_credits(credits), max_item_bytes=max_item_bytes)
            return pb.StreamIngestResponse(opened=opened)
        case Credits():
            return pb.StreamIngestResponse(credits=_credits(event))
        case Answered(answers, revision, token):
            acks = pb.IngestAcks(consistency_token=token, revision=revision)
            for each in answers:
                outcome = outcome_message(each.outcome)
                acks.acks.append(pb.IngestAck(item_id=each.number, outcome=outcome))
            return pb.StreamIngestResponse(acks=acks)
        case Draining():
            return pb.StreamIngestResponse(drain=pb.IngestDrain())


def _credits(credits: Credits) -> pb.IngestCredits:
    return pb.IngestCredits(bytes=credits.bytes, items=credits.items)


def outcome_message(outcome: Outcome) -> pb.UpsertOutcome:
    """What became of one document."""
    message = pb.UpsertOutcome(
        document_id=outcome.document_id,
        kind=f"KIND_{outcome.kind}",
        chunk_count=outcome.chunk_count,
        embedded_chunk_count=outcome.embedded_count,
    )
    if outcome.error is not None:
        message.error.CopyFrom(status_of(outcome.error))
    return message


def stored_message(stored: StoredDocument) -> pb.StoredDocument:
    """A stored document."""
    message = pb.StoredDocument(
        id=stored.id,
        text=stored.text,
        content_type=f"CONTENT_TYPE_{stored.content_type}",
        title=stored.title,
        revision=stored.revision,
        update_time=timestamp(stored.updated_at),
        chunk_count=stored.chunk_count,
        size_bytes=stored.size_bytes,
    )
    fill_metadata(stored.metadata, message.metadata)
    return message


def chunk_message(chunk: StoredChunk) -> pb.Chunk:
    """A stored chunk."""
    return pb.Chunk(
        id=chunk.id,
        span=span_message(chunk.span),
        text=chunk.text,
        token_count=chunk.tokens,
        ordinal=chunk.ordinal,
        parent=span_message(chunk.parent) if chunk.parent else None,
        page=chunk.page,
        heading=chunk.heading,
    )


def collection_message(collection: Collection) -> collections_pb.Collection:
    """A collection with its counts."""
    schema = collection.metadata_schema
    return collections_pb.Collection(
        name=collection.name,
        description=collection.description,
        create_time=timestamp(collection.created_at),
        revision=collection.revision,
        generation=collection.generation,
        document_count=collection.document_count,
        chunk_count=collection.chunk_count,
        embedder=collection.embedder,
        chunking=chunking_message(collection.settings.chunking),
        metadata_schema=schema_message(schema) if schema is not None else None,
        fields=[
            collections_pb.VectorField(modality=f"MODALITY_{each.modality}", embedder=each.embedder)
            for each in collection.settings.fields
        ],
    )


def modalities(numbers: Iterable[int]) -> frozenset[Modality]:
    """Those of a message whose fields have been checked."""
    names = map(modality_pb2.Modality.Name, numbers)
    return frozenset(Modality(name.removeprefix("MODALITY_")) for name in names)


def span_message(span: Span) -> retrieval_pb2.Span:
    """A span."""
    return retrieval_pb2.Span(start=span.start, end=span.end)
