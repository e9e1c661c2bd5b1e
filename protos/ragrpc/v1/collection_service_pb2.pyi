import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from ragrpc.v1 import chunking_pb2 as _chunking_pb2
from ragrpc.v1 import job_service_pb2 as _job_service_pb2
from ragrpc.v1 import metadata_schema_pb2 as _metadata_schema_pb2
from ragrpc.v1 import modality_pb2 as _modality_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Collection(_message.Message):
    __slots__ = ("name", "description", "create_time", "revision", "generation", "document_count", "chunk_count", "embedder", "chunking", "metadata_schema", "fields")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    CHUNKING_FIELD_NUMBER: _ClassVar[int]
    METADATA_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    create_time: _timestamp_pb2.Timestamp
    revision: int
    generation: int
    document_count: int
    chunk_count: int
    embedder: str
    chunking: _chunking_pb2.Chunking
    metadata_schema: _metadata_schema_pb2.MetadataSchema
    fields: _containers.RepeatedCompositeFieldContainer[VectorField]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., generation: _Optional[int] = ..., document_count: _Optional[int] = ..., chunk_count: _Optional[int] = ..., embedder: _Optional[str] = ..., chunking: _Optional[_Union[_chunking_pb2.Chunking, _Mapping]] = ..., metadata_schema: _Optional[_Union[_metadata_schema_pb2.MetadataSchema, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[VectorField, _Mapping]]] = ...) -> None: ...

class VectorField(_message.Message):
    __slots__ = ("modality", "embedder")
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    modality: _modality_pb2.Modality
    embedder: str
    def __init__(self, modality: _Optional[_Union[_modality_pb2.Modality, str]] = ..., embedder: _Optional[str] = ...) -> None: ...

class CreateCollectionRequest(_message.Message):
    __slots__ = ("collection", "description", "validate_only", "chunking", "embedder", "metadata_schema", "fields")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    CHUNKING_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    METADATA_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    collection: str
    description: str
    validate_only: bool
    chunking: _chunking_pb2.Chunking
    embedder: str
    metadata_schema: _metadata_schema_pb2.MetadataSchema
    fields: _containers.RepeatedScalarFieldContainer[_modality_pb2.Modality]
    def __init__(self, collection: _Optional[str] = ..., description: _Optional[str] = ..., validate_only: bool = ..., chunking: _Optional[_Union[_chunking_pb2.Chunking, _Mapping]] = ..., embedder: _Optional[str] = ..., metadata_schema: _Optional[_Union[_metadata_schema_pb2.MetadataSchema, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[_modality_pb2.Modality, str]]] = ...) -> None: ...

class CreateCollectionResponse(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: Collection
    def __init__(self, collection: _Optional[_Union[Collection, _Mapping]] = ...) -> None: ...

class GetCollectionRequest(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: str
    def __init__(self, collection: _Optional[str] = ...) -> None: ...

class GetCollectionResponse(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: Collection
    def __init__(self, collection: _Optional[_Union[Collection, _Mapping]] = ...) -> None: ...

class UpdateCollectionRequest(_message.Message):
    __slots__ = ("collection", "description", "metadata_schema", "validate_only")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    description: str
    metadata_schema: _metadata_schema_pb2.MetadataSchema
    validate_only: bool
    def __init__(self, collection: _Optional[str] = ..., description: _Optional[str] = ..., metadata_schema: _Optional[_Union[_metadata_schema_pb2.MetadataSchema, _Mapping]] = ..., validate_only: bool = ...) -> None: ...

class UpdateCollectionResponse(_message.Message):
    __slots__ = ("collection",)
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    collection: Collection
    def __init__(self, collection: _Optional[_Union[Collection, _Mapping]] = ...) -> None: ...

class GetMetadataSchemaRequest(_message.Message):
    __slots__ = ("collection", "max_values")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUES_FIELD_NUMBER: _ClassVar[int]
    collection: str
    max_values: int
    def __init__(self, collection: _Optional[str] = ..., max_values: _Optional[int] = ...) -> None: ...

class GetMetadataSchemaResponse(_message.Message):
    __slots__ = ("declared", "catalogue", "revision")
    DECLARED_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    declared: _metadata_schema_pb2.MetadataSchema
    catalogue: _containers.RepeatedCompositeFieldContainer[_metadata_schema_pb2.FieldCatalogue]
    revision: int
    def __init__(self, declared: _Optional[_Union[_metadata_schema_pb2.MetadataSchema, _Mapping]] = ..., catalogue: _Optional[_Iterable[_Union[_metadata_schema_pb2.FieldCatalogue, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class ListCollectionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCollectionsResponse(_message.Message):
    __slots__ = ("collections", "next_page_token")
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    collections: _containers.RepeatedCompositeFieldContainer[Collection]
    next_page_token: str
    def __init__(self, collections: _Optional[_Iterable[_Union[Collection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteCollectionRequest(_message.Message):
    __slots__ = ("collection", "validate_only")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    collection: str
    validate_only: bool
    def __init__(self, collection: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class DeleteCollectionResponse(_message.Message):
    __slots__ = ("deleted_document_count",)
    DELETED_DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_document_count: int
    def __init__(self, deleted_document_count: _Optional[int] = ...) -> None: ...

class ReindexCollectionRequest(_message.Message):
    __slots__ = ("collection", "chunking", "index", "embedder", "throttle", "request_id")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    CHUNKING_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    THROTTLE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    collection: str
    chunking: _chunking_pb2.Chunking
    index: IndexSettings
    embedder: str
    throttle: Throttle
    request_id: str
    def __init__(self, collection: _Optional[str] = ..., chunking: _Optional[_Union[_chunking_pb2.Chunking, _Mapping]] = ..., index: _Optional[_Union[IndexSettings, _Mapping]] = ..., embedder: _Optional[str] = ..., throttle: _Optional[_Union[Throttle, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class IndexSettings(_message.Message):
    __slots__ = ("ef_construction", "ef_search", "max_neighbors")
    EF_CONSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    EF_SEARCH_FIELD_NUMBER: _ClassVar[int]
    MAX_NEIGHBORS_FIELD_NUMBER: _ClassVar[int]
    ef_construction: int
    ef_search: int
    max_neighbors: int
    def __init__(self, ef_construction: _Optional[int] = ..., ef_search: _Optional[int] = ..., max_neighbors: _Optional[int] = ...) -> None: ...

class Throttle(_message.Message):
    __slots__ = ("share", "documents_per_second")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    share: float
    documents_per_second: float
    def __init__(self, share: _Optional[float] = ..., documents_per_second: _Optional[float] = ...) -> None: ...

class ReindexCollectionResponse(_message.Message):
    __slots__ = ("job",)
    JOB_FIELD_NUMBER: _ClassVar[int]
    job: _job_service_pb2.Job
    def __init__(self, job: _Optional[_Union[_job_service_pb2.Job, _Mapping]] = ...) -> None: ...
