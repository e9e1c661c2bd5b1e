from ragrpc.v1 import filter_pb2 as _filter_pb2
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
        KIND_FILTER_RELAXED: _ClassVar[Degradation.Kind]
        KIND_FILTER_DROPPED: _ClassVar[Degradation.Kind]
        KIND_UNDERSTANDER_FELL_BACK: _ClassVar[Degradation.Kind]
    KIND_UNSPECIFIED: Degradation.Kind
    KIND_INDEX_AWAY: Degradation.Kind
    KIND_ANSWER_TRUNCATED: Degradation.Kind
    KIND_CONTEXT_TRUNCATED: Degradation.Kind
    KIND_RETRIEVER_SKIPPED: Degradation.Kind
    KIND_RERANKER_SKIPPED: Degradation.Kind
    KIND_LEXICAL_AWAY: Degradation.Kind
    KIND_QUERY_EXPANSION_SKIPPED: Degradation.Kind
    KIND_FILTER_RELAXED: Degradation.Kind
    KIND_FILTER_DROPPED: Degradation.Kind
    KIND_UNDERSTANDER_FELL_BACK: Degradation.Kind
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
    __slots__ = ("query_embedding_count", "prompt_token_count", "completion_token_count", "text_embedding_count")
    QUERY_EMBEDDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    TEXT_EMBEDDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    query_embedding_count: int
    prompt_token_count: int
    completion_token_count: int
    text_embedding_count: int
    def __init__(self, query_embedding_count: _Optional[int] = ..., prompt_token_count: _Optional[int] = ..., completion_token_count: _Optional[int] = ..., text_embedding_count: _Optional[int] = ...) -> None: ...

class CacheStatus(_message.Message):
    __slots__ = ("query_embedding_hit",)
    QUERY_EMBEDDING_HIT_FIELD_NUMBER: _ClassVar[int]
    query_embedding_hit: bool
    def __init__(self, query_embedding_hit: bool = ...) -> None: ...

class Understanding(_message.Message):
    __slots__ = ("query", "filter", "clauses", "sort", "limit", "source")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    CLAUSES_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    query: str
    filter: _filter_pb2.Filter
    clauses: _containers.RepeatedCompositeFieldContainer[Clause]
    sort: Sort
    limit: int
    source: str
    def __init__(self, query: _Optional[str] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., clauses: _Optional[_Iterable[_Union[Clause, _Mapping]]] = ..., sort: _Optional[_Union[Sort, _Mapping]] = ..., limit: _Optional[int] = ..., source: _Optional[str] = ...) -> None: ...

class Clause(_message.Message):
    __slots__ = ("filter", "confidence", "span", "kind", "fate", "reason")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Clause.Kind]
        KIND_VALUE: _ClassVar[Clause.Kind]
        KIND_NUMBER: _ClassVar[Clause.Kind]
        KIND_DATE: _ClassVar[Clause.Kind]
        KIND_FLAG: _ClassVar[Clause.Kind]
        KIND_ORDER: _ClassVar[Clause.Kind]
        KIND_MIXED: _ClassVar[Clause.Kind]
    KIND_UNSPECIFIED: Clause.Kind
    KIND_VALUE: Clause.Kind
    KIND_NUMBER: Clause.Kind
    KIND_DATE: Clause.Kind
    KIND_FLAG: Clause.Kind
    KIND_ORDER: Clause.Kind
    KIND_MIXED: Clause.Kind
    class Fate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FATE_UNSPECIFIED: _ClassVar[Clause.Fate]
        FATE_FILTER: _ClassVar[Clause.Fate]
        FATE_BOOST: _ClassVar[Clause.Fate]
        FATE_RELAXED: _ClassVar[Clause.Fate]
        FATE_DROPPED: _ClassVar[Clause.Fate]
    FATE_UNSPECIFIED: Clause.Fate
    FATE_FILTER: Clause.Fate
    FATE_BOOST: Clause.Fate
    FATE_RELAXED: Clause.Fate
    FATE_DROPPED: Clause.Fate
    FILTER_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    filter: _filter_pb2.Filter
    confidence: float
    span: Span
    kind: Clause.Kind
    fate: Clause.Fate
    reason: str
    def __init__(self, filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., confidence: _Optional[float] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., kind: _Optional[_Union[Clause.Kind, str]] = ..., fate: _Optional[_Union[Clause.Fate, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class Sort(_message.Message):
    __slots__ = ("field", "descending", "span")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    field: str
    descending: bool
    span: Span
    def __init__(self, field: _Optional[str] = ..., descending: bool = ..., span: _Optional[_Union[Span, _Mapping]] = ...) -> None: ...
