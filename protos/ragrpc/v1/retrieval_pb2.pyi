from ragrpc.v1 import metadata_pb2 as _metadata_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Span(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Consistency(_message.Message):
    __slots__ = ("at_least_as_fresh",)
    AT_LEAST_AS_FRESH_FIELD_NUMBER: _ClassVar[int]
    at_least_as_fresh: str
    def __init__(self, at_least_as_fresh: _Optional[str] = ...) -> None: ...

class Hit(_message.Message):
    __slots__ = ("document_id", "chunk_id", "title", "text", "spans", "metadata", "score", "stage_scores", "ordinal", "matched_spans")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHUNK_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    STAGE_SCORES_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    MATCHED_SPANS_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    chunk_id: str
    title: str
    text: str
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    metadata: _containers.MessageMap[str, _metadata_pb2.Value]
    score: float
    stage_scores: _containers.RepeatedCompositeFieldContainer[StageScore]
    ordinal: int
    matched_spans: _containers.RepeatedCompositeFieldContainer[Span]
    def __init__(self, document_id: _Optional[str] = ..., chunk_id: _Optional[str] = ..., title: _Optional[str] = ..., text: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[Span, _Mapping]]] = ..., metadata: _Optional[_Mapping[str, _metadata_pb2.Value]] = ..., score: _Optional[float] = ..., stage_scores: _Optional[_Iterable[_Union[StageScore, _Mapping]]] = ..., ordinal: _Optional[int] = ..., matched_spans: _Optional[_Iterable[_Union[Span, _Mapping]]] = ...) -> None: ...

class StageScore(_message.Message):
    __slots__ = ("stage", "score", "rank")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    stage: str
    score: float
    rank: int
    def __init__(self, stage: _Optional[str] = ..., score: _Optional[float] = ..., rank: _Optional[int] = ...) -> None: ...

class StageTiming(_message.Message):
    __slots__ = ("stage", "milliseconds")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    milliseconds: float
    def __init__(self, stage: _Optional[str] = ..., milliseconds: _Optional[float] = ...) -> None: ...

class Degradation(_message.Message):
    __slots__ = ("kind", "stage", "detail")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Degradation.Kind]
        KIND_INDEX_AWAY: _ClassVar[Degradation.Kind]
        KIND_ANSWER_TRUNCATED: _ClassVar[Degradation.Kind]
        KIND_CONTEXT_TRUNCATED: _ClassVar[Degradation.Kind]
        KIND_RETRIEVER_SKIPPED: _ClassVar[Degradation.Kind]
        KIND_RERANKER_SKIPPED: _ClassVar[Degradation.Kind]
        KIND_LEXICAL_AWAY: _ClassVar[Degradation.Kind]
        KIND_QUERY_EXPANSION_SKIPPED: _ClassVar[Degradation.Kind]
    KIND_UNSPECIFIED: Degradation.Kind
    KIND_INDEX_AWAY: Degradation.Kind
    KIND_ANSWER_TRUNCATED: Degradation.Kind
    KIND_CONTEXT_TRUNCATED: Degradation.Kind
    KIND_RETRIEVER_SKIPPED: Degradation.Kind
    KIND_RERANKER_SKIPPED: Degradation.Kind
    KIND_LEXICAL_AWAY: Degradation.Kind
    KIND_QUERY_EXPANSION_SKIPPED: Degradation.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: Degradation.Kind
    stage: str
    detail: str
    def __init__(self, kind: _Optional[_Union[Degradation.Kind, str]] = ..., stage: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("embedder", "generation", "revision", "pipeline", "generator", "served_by")
    EMBEDDER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    SERVED_BY_FIELD_NUMBER: _ClassVar[int]
    embedder: str
    generation: int
    revision: int
    pipeline: str
    generator: str
    served_by: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, embedder: _Optional[str] = ..., generation: _Optional[int] = ..., revision: _Optional[int] = ..., pipeline: _Optional[str] = ..., generator: _Optional[str] = ..., served_by: _Optional[_Iterable[str]] = ...) -> None: ...

class FunnelStep(_message.Message):
    __slots__ = ("step", "candidate_count", "detail")
    STEP_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    step: str
    candidate_count: int
    detail: str
    def __init__(self, step: _Optional[str] = ..., candidate_count: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("query_embedding_count", "prompt_token_count", "completion_token_count")
    QUERY_EMBEDDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    query_embedding_count: int
    prompt_token_count: int
    completion_token_count: int
    def __init__(self, query_embedding_count: _Optional[int] = ..., prompt_token_count: _Optional[int] = ..., completion_token_count: _Optional[int] = ...) -> None: ...

class CacheStatus(_message.Message):
    __slots__ = ("query_embedding_hit",)
    QUERY_EMBEDDING_HIT_FIELD_NUMBER: _ClassVar[int]
    query_embedding_hit: bool
    def __init__(self, query_embedding_hit: bool = ...) -> None: ...
