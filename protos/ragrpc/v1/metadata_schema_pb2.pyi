from google.api import field_behavior_pb2 as _field_behavior_pb2
from ragrpc.v1 import metadata_pb2 as _metadata_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FieldType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIELD_TYPE_UNSPECIFIED: _ClassVar[FieldType]
    FIELD_TYPE_STRING: _ClassVar[FieldType]
    FIELD_TYPE_INT64: _ClassVar[FieldType]
    FIELD_TYPE_DOUBLE: _ClassVar[FieldType]
    FIELD_TYPE_BOOL: _ClassVar[FieldType]
    FIELD_TYPE_TIMESTAMP: _ClassVar[FieldType]
    FIELD_TYPE_STRING_LIST: _ClassVar[FieldType]
FIELD_TYPE_UNSPECIFIED: FieldType
FIELD_TYPE_STRING: FieldType
FIELD_TYPE_INT64: FieldType
FIELD_TYPE_DOUBLE: FieldType
FIELD_TYPE_BOOL: FieldType
FIELD_TYPE_TIMESTAMP: FieldType
FIELD_TYPE_STRING_LIST: FieldType

class MetadataSchema(_message.Message):
    __slots__ = ("fields",)
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedCompositeFieldContainer[MetadataField]
    def __init__(self, fields: _Optional[_Iterable[_Union[MetadataField, _Mapping]]] = ...) -> None: ...

class MetadataField(_message.Message):
    __slots__ = ("name", "type", "description", "unit", "values", "aliases", "value_aliases", "ordered")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    VALUE_ALIASES_FIELD_NUMBER: _ClassVar[int]
    ORDERED_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: FieldType
    description: str
    unit: str
    values: _containers.RepeatedScalarFieldContainer[str]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    value_aliases: _containers.RepeatedCompositeFieldContainer[ValueAliases]
    ordered: bool
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[FieldType, str]] = ..., description: _Optional[str] = ..., unit: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ..., aliases: _Optional[_Iterable[str]] = ..., value_aliases: _Optional[_Iterable[_Union[ValueAliases, _Mapping]]] = ..., ordered: bool = ...) -> None: ...

class ValueAliases(_message.Message):
    __slots__ = ("value", "aliases")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    value: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, value: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ...) -> None: ...

class FieldCatalogue(_message.Message):
    __slots__ = ("field", "type", "values", "distinct_count", "least", "most")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    field: str
    type: FieldType
    values: _containers.RepeatedCompositeFieldContainer[ValueCount]
    distinct_count: int
    least: _metadata_pb2.Value
    most: _metadata_pb2.Value
    def __init__(self, field: _Optional[str] = ..., type: _Optional[_Union[FieldType, str]] = ..., values: _Optional[_Iterable[_Union[ValueCount, _Mapping]]] = ..., distinct_count: _Optional[int] = ..., least: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ..., most: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...

class ValueCount(_message.Message):
    __slots__ = ("value", "document_count")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    value: _metadata_pb2.Value
    document_count: int
    def __init__(self, value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ..., document_count: _Optional[int] = ...) -> None: ...
