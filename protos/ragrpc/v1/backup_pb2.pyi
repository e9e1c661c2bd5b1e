import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Backup(_message.Message):
    __slots__ = ("id", "kind", "parent_id", "server_wide", "collection", "create_time", "size_bytes", "program_version", "collections")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Backup.Kind]
        KIND_FULL: _ClassVar[Backup.Kind]
        KIND_INCREMENTAL: _ClassVar[Backup.Kind]
    KIND_UNSPECIFIED: Backup.Kind
    KIND_FULL: Backup.Kind
    KIND_INCREMENTAL: Backup.Kind
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    SERVER_WIDE_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_VERSION_FIELD_NUMBER: _ClassVar[int]
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: Backup.Kind
    parent_id: str
    server_wide: bool
    collection: str
    create_time: _timestamp_pb2.Timestamp
    size_bytes: int
    program_version: str
    collections: _containers.RepeatedCompositeFieldContainer[BackupCollection]
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[Backup.Kind, str]] = ..., parent_id: _Optional[str] = ..., server_wide: bool = ..., collection: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., size_bytes: _Optional[int] = ..., program_version: _Optional[str] = ..., collections: _Optional[_Iterable[_Union[BackupCollection, _Mapping]]] = ...) -> None: ...

class BackupCollection(_message.Message):
    __slots__ = ("name", "revision", "document_count", "chunk_count", "embedder")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    document_count: int
    chunk_count: int
    embedder: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., document_count: _Optional[int] = ..., chunk_count: _Optional[int] = ..., embedder: _Optional[str] = ...) -> None: ...
