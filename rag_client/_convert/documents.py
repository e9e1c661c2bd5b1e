"""From messages about collections and documents to the client's values."""

from ragrpc.v1 import collection_service_pb2, document_service_pb2, modality_pb2

from rag_client import types
from rag_client._convert.chunking import chunking
from rag_client._convert.errors import error_of_status
from rag_client._convert.metadata import datetime_of, metadata_of
from rag_client._convert.metadata_schema import schema
from rag_client._convert.parts import enum_of, span, timings


def collection(message: collection_service_pb2.Collection) -> types.Collection:
    """A collection."""
    return types.Collection(
        name=message.name,
        description=message.description,
        created_at=datetime_of(message.create_time),
        revision=message.revision,
        generation=message.generation,
        document_count=message.document_count,
        chunk_count=message.chunk_count,
        embedder=message.embedder,
        chunking=chunking(message.chunking),
        metadata_schema=(
            schema(message.metadata_schema) if message.HasField("metadata_schema") else None
        ),
        fields=tuple(map(_field, message.fields)),
    )


def _field(message: collection_service_pb2.VectorField) -> types.VectorField:
    return types.VectorField(
        enum_of(
            types.Modality,
            "MODALITY_",
            modality_pb2.Modality,
            message.modality,
            types.Modality.UNSPECIFIED,
        ),
        message.embedder,
    )


def stored_document(message: document_service_pb2.StoredDocument) -> types.StoredDocument:
    """A document as stored."""
    return types.StoredDocument(
        id=message.id,
        text=message.text,
        content_type=_content_type(message.content_type),
        title=message.title,
        metadata=metadata_of(message.metadata),
        revision=message.revision,
        updated_at=datetime_of(message.update_time),
        chunk_count=message.chunk_count,
        size_bytes=message.size_bytes,
    )


def _content_type(number: int) -> types.ContentType:
    return enum_of(
        types.ContentType,
        "CONTENT_TYPE_",
        document_service_pb2.ContentType,
        number,
        types.ContentType.PLAIN,
    )


def chunk(message: document_service_pb2.Chunk) -> types.Chunk:
    """A chunk."""
    return types.Chunk(
        id=message.id,
        span=span(message.span),
        text=message.text,
        token_count=message.token_count,
        ordinal=message.ordinal,
        parent=span(message.parent) if message.HasField("parent") else None,
        page=message.page if message.HasField("page") else None,
        heading=message.heading,
    )


def upsert_result(message: document_service_pb2.UpsertDocumentsResponse) -> types.UpsertResult:
    """What one upsert call did."""
    return types.UpsertResult(
        outcomes=tuple(upsert_outcome(each) for each in message.outcomes),
        consistency_token=message.consistency_token,
        revision=message.revision,
        timings=timings(message.timings),
    )


def upsert_outcome(message: document_service_pb2.UpsertOutcome) -> types.UpsertOutcome:
    """What became of one document."""
    kind = enum_of(
        types.OutcomeKind,
        "KIND_",
        document_service_pb2.UpsertOutcome.Kind,
        message.kind,
        types.OutcomeKind.UNSPECIFIED,
    )
    failed = kind is types.OutcomeKind.FAILED
    return types.UpsertOutcome(
        document_id=message.document_id,
        kind=kind,
        chunk_count=message.chunk_count,
        embedded_chunk_count=message.embedded_chunk_count,
        error=error_of_status(message.error) if failed else None,
    )


def delete_result(message: document_service_pb2.DeleteDocumentsResponse) -> types.DeleteResult:
    """What one delete call did."""
    return types.DeleteResult(
        tuple(message.deleted_ids), message.consistency_token, message.revision
    )
