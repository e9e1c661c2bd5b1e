import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from ragrpc.v1 import filter_pb2 as _filter_pb2
from ragrpc.v1 import metadata_pb2 as _metadata_pb2
from ragrpc.v1 import retrieval_pb2 as _retrieval_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContentType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTENT_TYPE_UNSPECIFIED: _ClassVar[ContentType]
    CONTENT_TYPE_PLAIN: _ClassVar[ContentType]
    CONTENT_TYPE_MARKDOWN: _ClassVar[ContentType]
    CONTENT_TYPE_HTML: _ClassVar[ContentType]
    CONTENT_TYPE_PDF: _ClassVar[ContentType]
    CONTENT_TYPE_DOCX: _ClassVar[ContentType]
    CONTENT_TYPE_CSV: _ClassVar[ContentType]
    CONTENT_TYPE_JSONL: _ClassVar[ContentType]
    CONTENT_TYPE_CODE: _ClassVar[ContentType]
    CONTENT_TYPE_IMAGE: _ClassVar[ContentType]
CONTENT_TYPE_UNSPECIFIED: ContentType
CONTENT_TYPE_PLAIN: ContentType
CONTENT_TYPE_MARKDOWN: ContentType
CONTENT_TYPE_HTML: ContentType
CONTENT_TYPE_PDF: ContentType
CONTENT_TYPE_DOCX: ContentType
CONTENT_TYPE_CSV: ContentType
CONTENT_TYPE_JSONL: ContentType
CONTENT_TYPE_CODE: ContentType
CONTENT_TYPE_IMAGE: ContentType

class Document(_message.Message):
    __slots__ = ("id", "content", "data", "content_type", "title", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    id: str
    content: str
    data: bytes
    content_type: ContentType
    title: str
    metadata: _containers.MessageMap[str, _metadata_pb2.Value]
    def __init__(self, id: _Optional[str] = ..., content: _Optional[str] = ..., data: _Optional[bytes] = ..., content_type: _Optional[_Union[ContentType, str]] = ..., title: _Optional[str] = ..., metadata: _Optional[_Mapping[str, _metadata_pb2.Value]] = ...) -> None: ...

class StoredDocument(_message.Message):
    __slots__ = ("id", "text", "content_type", "title", "metadata", "revision", "update_time", "chunk_count", "size_bytes")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    content_type: ContentType
    title: str
    metadata: _containers.MessageMap[str, _metadata_pb2.Value]
    revision: int
    update_time: _timestamp_pb2.Timestamp
    chunk_count: int
    size_bytes: int
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., content_type: _Optional[_Union[ContentType, str]] = ..., title: _Optional[str] = ..., metadata: _Optional[_Mapping[str, _metadata_pb2.Value]] = ..., revision: _Optional[int] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., chunk_count: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("id", "span", "text", "token_count", "ordinal", "parent", "page", "heading")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    HEADING_FIELD_NUMBER: _ClassVar[int]
    id: str
    span: _retrieval_pb2.Span
    text: str
    token_count: int
    ordinal: int
    parent: _retrieval_pb2.Span
    page: int
    heading: str
    def __init__(self, id: _Optional[str] = ..., span: _Optional[_Union[_retrieval_pb2.Span, _Mapping]] = ..., text: _Optional[str] = ..., token_count: _Optional[int] = ..., ordinal: _Optional[int] = ..., parent: _Optional[_Union[_retrieval_pb2.Span, _Mapping]] = ..., page: _Optional[int] = ..., heading: _Optional[str] = ...) -> None: ...

class UpsertDocumentsRequest(_message.Message):
    __slots__ = ("collection", "documents")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    collection: str
    documents: _containers.RepeatedCompositeFieldContainer[Document]
    def __init__(self, collection: _Optional[str] = ..., documents: _Optional[_Iterable[_Union[Document, _Mapping]]] = ...) -> None: ...

class UpsertOutcome(_message.Message):
    __slots__ = ("document_id", "kind", "error", "chunk_count", "embedded_chunk_count")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[UpsertOutcome.Kind]
        KIND_CREATED: _ClassVar[UpsertOutcome.Kind]
        KIND_UPDATED: _ClassVar[UpsertOutcome.Kind]
        KIND_UNCHANGED: _ClassVar[UpsertOutcome.Kind]
        KIND_FAILED: _ClassVar[UpsertOutcome.Kind]
    KIND_UNSPECIFIED: UpsertOutcome.Kind
    KIND_CREATED: UpsertOutcome.Kind
    KIND_UPDATED: UpsertOutcome.Kind
    KIND_UNCHANGED: UpsertOutcome.Kind
    KIND_FAILED: UpsertOutcome.Kind
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    EMBEDDED_CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    kind: UpsertOutcome.Kind
    error: _status_pb2.Status
    chunk_count: int
    embedded_chunk_count: int
    def __init__(self, document_id: _Optional[str] = ..., kind: _Optional[_Union[UpsertOutcome.Kind, str]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., chunk_count: _Optional[int] = ..., embedded_chunk_count: _Optional[int] = ...) -> None: ...

class UpsertDocumentsResponse(_message.Message):
    __slots__ = ("outcomes", "consistency_token", "revision", "timings")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[UpsertOutcome]
    consistency_token: str
    revision: int
    timings: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.StageTiming]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[UpsertOutcome, _Mapping]]] = ..., consistency_token: _Optional[str] = ..., revision: _Optional[int] = ..., timings: _Optional[_Iterable[_Union[_retrieval_pb2.StageTiming, _Mapping]]] = ...) -> None: ...

class StreamIngestRequest(_message.Message):
    __slots__ = ("open", "frames")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    open: IngestOpen
    frames: _containers.RepeatedCompositeFieldContainer[IngestFrame]
    def __init__(self, open: _Optional[_Union[IngestOpen, _Mapping]] = ..., frames: _Optional[_Iterable[_Union[IngestFrame, _Mapping]]] = ...) -> None: ...

class IngestOpen(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    def __init__(self, collection: _Optional[str] = ...) -> None: ...

class IngestFrame(_message.Message):
    __slots__ = ("header", "data", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: IngestHeader
    data: bytes
    end: IngestEnd
    def __init__(self, header: _Optional[_Union[IngestHeader, _Mapping]] = ..., data: _Optional[bytes] = ..., end: _Optional[_Union[IngestEnd, _Mapping]] = ...) -> None: ...

class IngestHeader(_message.Message):
    __slots__ = ("item_id", "document_id", "content_type", "title", "metadata", "size_bytes")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    item_id: int
    document_id: str
    content_type: ContentType
    title: str
    metadata: _containers.MessageMap[str, _metadata_pb2.Value]
    size_bytes: int
    def __init__(self, item_id: _Optional[int] = ..., document_id: _Optional[str] = ..., content_type: _Optional[_Union[ContentType, str]] = ..., title: _Optional[str] = ..., metadata: _Optional[_Mapping[str, _metadata_pb2.Value]] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class IngestEnd(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamIngestResponse(_message.Message):
    __slots__ = ("opened", "credits", "acks", "drain")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    ACKS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    opened: IngestOpened
    credits: IngestCredits
    acks: IngestAcks
    drain: IngestDrain
    def __init__(self, opened: _Optional[_Union[IngestOpened, _Mapping]] = ..., credits: _Optional[_Union[IngestCredits, _Mapping]] = ..., acks: _Optional[_Union[IngestAcks, _Mapping]] = ..., drain: _Optional[_Union[IngestDrain, _Mapping]] = ...) -> None: ...

class IngestOpened(_message.Message):
    __slots__ = ("credits", "max_item_bytes")
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEM_BYTES_FIELD_NUMBER: _ClassVar[int]
    credits: IngestCredits
    max_item_bytes: int
    def __init__(self, credits: _Optional[_Union[IngestCredits, _Mapping]] = ..., max_item_bytes: _Optional[int] = ...) -> None: ...

class IngestCredits(_message.Message):
    __slots__ = ("bytes", "items")
    BYTES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    items: int
    def __init__(self, bytes: _Optional[int] = ..., items: _Optional[int] = ...) -> None: ...

class IngestAcks(_message.Message):
    __slots__ = ("acks", "consistency_token", "revision")
    ACKS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    acks: _containers.RepeatedCompositeFieldContainer[IngestAck]
    consistency_token: str
    revision: int
    def __init__(self, acks: _Optional[_Iterable[_Union[IngestAck, _Mapping]]] = ..., consistency_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class IngestAck(_message.Message):
    __slots__ = ("item_id", "outcome")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    item_id: int
    outcome: UpsertOutcome
    def __init__(self, item_id: _Optional[int] = ..., outcome: _Optional[_Union[UpsertOutcome, _Mapping]] = ...) -> None: ...

class IngestDrain(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetDocumentRequest(_message.Message):
    __slots__ = ("collection", "document_id", "consistency")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    document_id: str
    consistency: _retrieval_pb2.Consistency
    def __init__(self, collection: _Optional[str] = ..., document_id: _Optional[str] = ..., consistency: _Optional[_Union[_retrieval_pb2.Consistency, _Mapping]] = ...) -> None: ...

class GetDocumentResponse(_message.Message):
    __slots__ = ("document", "revision")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    document: StoredDocument
    revision: int
    def __init__(self, document: _Optional[_Union[StoredDocument, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteDocumentsRequest(_message.Message):
    __slots__ = ("collection", "document_ids", "validate_only")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    document_ids: _containers.RepeatedScalarFieldContainer[str]
    validate_only: bool
    def __init__(self, collection: _Optional[str] = ..., document_ids: _Optional[_Iterable[str]] = ..., validate_only: bool = ...) -> None: ...

class DeleteDocumentsResponse(_message.Message):
    __slots__ = ("deleted_ids", "consistency_token", "revision")
    DELETED_IDS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    deleted_ids: _containers.RepeatedScalarFieldContainer[str]
    consistency_token: str
    revision: int
    def __init__(self, deleted_ids: _Optional[_Iterable[str]] = ..., consistency_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class ListDocumentsRequest(_message.Message):
    __slots__ = ("collection", "filter", "page_size", "page_token", "consistency")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    filter: _filter_pb2.Filter
    page_size: int
    page_token: str
    consistency: _retrieval_pb2.Consistency
    def __init__(self, collection: _Optional[str] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency: _Optional[_Union[_retrieval_pb2.Consistency, _Mapping]] = ...) -> None: ...

class ListDocumentsResponse(_message.Message):
    __slots__ = ("documents", "next_page_token", "revision")
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    documents: _containers.RepeatedCompositeFieldContainer[StoredDocument]
    next_page_token: str
    revision: int
    def __init__(self, documents: _Optional[_Iterable[_Union[StoredDocument, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class ListChunksRequest(_message.Message):
    __slots__ = ("collection", "document_id", "page_size", "page_token", "consistency")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    document_id: str
    page_size: int
    page_token: str
    consistency: _retrieval_pb2.Consistency
    def __init__(self, collection: _Optional[str] = ..., document_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency: _Optional[_Union[_retrieval_pb2.Consistency, _Mapping]] = ...) -> None: ...

class ListChunksResponse(_message.Message):
    __slots__ = ("chunks", "next_page_token", "revision")
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[Chunk]
    next_page_token: str
    revision: int
    def __init__(self, chunks: _Optional[_Iterable[_Union[Chunk, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...
