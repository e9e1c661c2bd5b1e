from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.rpc import status_pb2 as _status_pb2
from ragrpc.v1 import filter_pb2 as _filter_pb2
from ragrpc.v1 import pipeline_pb2 as _pipeline_pb2
from ragrpc.v1 import retrieval_pb2 as _retrieval_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AbstainReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ABSTAIN_REASON_UNSPECIFIED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NO_HITS: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NO_SUPPORT: _ClassVar[AbstainReason]
    ABSTAIN_REASON_MODEL_DECLINED: _ClassVar[AbstainReason]
    ABSTAIN_REASON_NOT_GROUNDED: _ClassVar[AbstainReason]
ABSTAIN_REASON_UNSPECIFIED: AbstainReason
ABSTAIN_REASON_NO_HITS: AbstainReason
ABSTAIN_REASON_NO_SUPPORT: AbstainReason
ABSTAIN_REASON_MODEL_DECLINED: AbstainReason
ABSTAIN_REASON_NOT_GROUNDED: AbstainReason

class RetrieveRequest(_message.Message):
    __slots__ = ("collection", "query", "top_k", "filter", "pipeline", "spec", "consistency", "explain", "image")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    collection: str
    query: str
    top_k: int
    filter: _filter_pb2.Filter
    pipeline: str
    spec: _pipeline_pb2.PipelineSpec
    consistency: _retrieval_pb2.Consistency
    explain: bool
    image: bytes
    def __init__(self, collection: _Optional[str] = ..., query: _Optional[str] = ..., top_k: _Optional[int] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., pipeline: _Optional[str] = ..., spec: _Optional[_Union[_pipeline_pb2.PipelineSpec, _Mapping]] = ..., consistency: _Optional[_Union[_retrieval_pb2.Consistency, _Mapping]] = ..., explain: bool = ..., image: _Optional[bytes] = ...) -> None: ...

class RetrieveResponse(_message.Message):
    __slots__ = ("hits", "timings", "usage", "provenance", "degradations", "cache", "funnel", "understanding")
    HITS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    DEGRADATIONS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    FUNNEL_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDING_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Hit]
    timings: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.StageTiming]
    usage: _retrieval_pb2.Usage
    provenance: _retrieval_pb2.Provenance
    degradations: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Degradation]
    cache: _retrieval_pb2.CacheStatus
    funnel: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.FunnelStep]
    understanding: _retrieval_pb2.Understanding
    def __init__(self, hits: _Optional[_Iterable[_Union[_retrieval_pb2.Hit, _Mapping]]] = ..., timings: _Optional[_Iterable[_Union[_retrieval_pb2.StageTiming, _Mapping]]] = ..., usage: _Optional[_Union[_retrieval_pb2.Usage, _Mapping]] = ..., provenance: _Optional[_Union[_retrieval_pb2.Provenance, _Mapping]] = ..., degradations: _Optional[_Iterable[_Union[_retrieval_pb2.Degradation, _Mapping]]] = ..., cache: _Optional[_Union[_retrieval_pb2.CacheStatus, _Mapping]] = ..., funnel: _Optional[_Iterable[_Union[_retrieval_pb2.FunnelStep, _Mapping]]] = ..., understanding: _Optional[_Union[_retrieval_pb2.Understanding, _Mapping]] = ...) -> None: ...

class ValidateFilterRequest(_message.Message):
    __slots__ = ("collection", "filter")
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    collection: str
    filter: _filter_pb2.Filter
    def __init__(self, collection: _Optional[str] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ...) -> None: ...

class FilterProblem(_message.Message):
    __slots__ = ("field", "description", "suggestions")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    suggestions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ..., suggestions: _Optional[_Iterable[str]] = ...) -> None: ...

class ValidateFilterResponse(_message.Message):
    __slots__ = ("problems", "document_count")
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    problems: _containers.RepeatedCompositeFieldContainer[FilterProblem]
    document_count: int
    def __init__(self, problems: _Optional[_Iterable[_Union[FilterProblem, _Mapping]]] = ..., document_count: _Optional[int] = ...) -> None: ...

class RerankText(_message.Message):
    __slots__ = ("id", "text", "title")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    title: str
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class RerankRequest(_message.Message):
    __slots__ = ("query", "texts", "top_k", "reranker")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    RERANKER_FIELD_NUMBER: _ClassVar[int]
    query: str
    texts: _containers.RepeatedCompositeFieldContainer[RerankText]
    top_k: int
    reranker: _pipeline_pb2.Reranker
    def __init__(self, query: _Optional[str] = ..., texts: _Optional[_Iterable[_Union[RerankText, _Mapping]]] = ..., top_k: _Optional[int] = ..., reranker: _Optional[_Union[_pipeline_pb2.Reranker, _Mapping]] = ...) -> None: ...

class RankedText(_message.Message):
    __slots__ = ("id", "index", "score", "stage_scores")
    ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    STAGE_SCORES_FIELD_NUMBER: _ClassVar[int]
    id: str
    index: int
    score: float
    stage_scores: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.StageScore]
    def __init__(self, id: _Optional[str] = ..., index: _Optional[int] = ..., score: _Optional[float] = ..., stage_scores: _Optional[_Iterable[_Union[_retrieval_pb2.StageScore, _Mapping]]] = ...) -> None: ...

class RerankResponse(_message.Message):
    __slots__ = ("texts", "timings", "usage", "provenance", "degradations", "cache")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    DEGRADATIONS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedCompositeFieldContainer[RankedText]
    timings: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.StageTiming]
    usage: _retrieval_pb2.Usage
    provenance: _retrieval_pb2.Provenance
    degradations: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Degradation]
    cache: _retrieval_pb2.CacheStatus
    def __init__(self, texts: _Optional[_Iterable[_Union[RankedText, _Mapping]]] = ..., timings: _Optional[_Iterable[_Union[_retrieval_pb2.StageTiming, _Mapping]]] = ..., usage: _Optional[_Union[_retrieval_pb2.Usage, _Mapping]] = ..., provenance: _Optional[_Union[_retrieval_pb2.Provenance, _Mapping]] = ..., degradations: _Optional[_Iterable[_Union[_retrieval_pb2.Degradation, _Mapping]]] = ..., cache: _Optional[_Union[_retrieval_pb2.CacheStatus, _Mapping]] = ...) -> None: ...

class BatchRetrieveRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[RetrieveRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[RetrieveRequest, _Mapping]]] = ...) -> None: ...

class RetrieveResult(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: RetrieveResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[RetrieveResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class BatchRetrieveResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RetrieveResult]
    def __init__(self, results: _Optional[_Iterable[_Union[RetrieveResult, _Mapping]]] = ...) -> None: ...

class Generator(_message.Message):
    __slots__ = ("extractive", "openai")
    EXTRACTIVE_FIELD_NUMBER: _ClassVar[int]
    OPENAI_FIELD_NUMBER: _ClassVar[int]
    extractive: ExtractiveGenerator
    openai: OpenAiGenerator
    def __init__(self, extractive: _Optional[_Union[ExtractiveGenerator, _Mapping]] = ..., openai: _Optional[_Union[OpenAiGenerator, _Mapping]] = ...) -> None: ...

class ExtractiveGenerator(_message.Message):
    __slots__ = ("max_sentences",)
    MAX_SENTENCES_FIELD_NUMBER: _ClassVar[int]
    max_sentences: int
    def __init__(self, max_sentences: _Optional[int] = ...) -> None: ...

class OpenAiGenerator(_message.Message):
    __slots__ = ("max_output_tokens", "temperature")
    MAX_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    max_output_tokens: int
    temperature: float
    def __init__(self, max_output_tokens: _Optional[int] = ..., temperature: _Optional[float] = ...) -> None: ...

class QueryRequest(_message.Message):
    __slots__ = ("retrieval", "generator")
    RETRIEVAL_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    retrieval: RetrieveRequest
    generator: Generator
    def __init__(self, retrieval: _Optional[_Union[RetrieveRequest, _Mapping]] = ..., generator: _Optional[_Union[Generator, _Mapping]] = ...) -> None: ...

class StreamQueryRequest(_message.Message):
    __slots__ = ("query",)
    QUERY_FIELD_NUMBER: _ClassVar[int]
    query: QueryRequest
    def __init__(self, query: _Optional[_Union[QueryRequest, _Mapping]] = ...) -> None: ...

class Citation(_message.Message):
    __slots__ = ("document_id", "chunk_id", "answer_span", "source_span", "source_text", "support", "hit_index")
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHUNK_ID_FIELD_NUMBER: _ClassVar[int]
    ANSWER_SPAN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SPAN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    HIT_INDEX_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    chunk_id: str
    answer_span: _retrieval_pb2.Span
    source_span: _retrieval_pb2.Span
    source_text: str
    support: float
    hit_index: int
    def __init__(self, document_id: _Optional[str] = ..., chunk_id: _Optional[str] = ..., answer_span: _Optional[_Union[_retrieval_pb2.Span, _Mapping]] = ..., source_span: _Optional[_Union[_retrieval_pb2.Span, _Mapping]] = ..., source_text: _Optional[str] = ..., support: _Optional[float] = ..., hit_index: _Optional[int] = ...) -> None: ...

class QueryResponse(_message.Message):
    __slots__ = ("answer", "citations", "abstain_reasons", "hits", "timings", "usage", "provenance", "degradations", "cache", "funnel", "unsupported_spans", "understanding")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    ABSTAIN_REASONS_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    DEGRADATIONS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    FUNNEL_FIELD_NUMBER: _ClassVar[int]
    UNSUPPORTED_SPANS_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDING_FIELD_NUMBER: _ClassVar[int]
    answer: str
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    abstain_reasons: _containers.RepeatedScalarFieldContainer[AbstainReason]
    hits: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Hit]
    timings: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.StageTiming]
    usage: _retrieval_pb2.Usage
    provenance: _retrieval_pb2.Provenance
    degradations: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Degradation]
    cache: _retrieval_pb2.CacheStatus
    funnel: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.FunnelStep]
    unsupported_spans: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Span]
    understanding: _retrieval_pb2.Understanding
    def __init__(self, answer: _Optional[str] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., abstain_reasons: _Optional[_Iterable[_Union[AbstainReason, str]]] = ..., hits: _Optional[_Iterable[_Union[_retrieval_pb2.Hit, _Mapping]]] = ..., timings: _Optional[_Iterable[_Union[_retrieval_pb2.StageTiming, _Mapping]]] = ..., usage: _Optional[_Union[_retrieval_pb2.Usage, _Mapping]] = ..., provenance: _Optional[_Union[_retrieval_pb2.Provenance, _Mapping]] = ..., degradations: _Optional[_Iterable[_Union[_retrieval_pb2.Degradation, _Mapping]]] = ..., cache: _Optional[_Union[_retrieval_pb2.CacheStatus, _Mapping]] = ..., funnel: _Optional[_Iterable[_Union[_retrieval_pb2.FunnelStep, _Mapping]]] = ..., unsupported_spans: _Optional[_Iterable[_Union[_retrieval_pb2.Span, _Mapping]]] = ..., understanding: _Optional[_Union[_retrieval_pb2.Understanding, _Mapping]] = ...) -> None: ...

class StreamQueryResponse(_message.Message):
    __slots__ = ("sequence", "started", "hits", "delta", "citation", "retraction", "degradation", "completed")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    CITATION_FIELD_NUMBER: _ClassVar[int]
    RETRACTION_FIELD_NUMBER: _ClassVar[int]
    DEGRADATION_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    started: Started
    hits: HitsFound
    delta: Delta
    citation: Citation
    retraction: Retraction
    degradation: _retrieval_pb2.Degradation
    completed: QueryResponse
    def __init__(self, sequence: _Optional[int] = ..., started: _Optional[_Union[Started, _Mapping]] = ..., hits: _Optional[_Union[HitsFound, _Mapping]] = ..., delta: _Optional[_Union[Delta, _Mapping]] = ..., citation: _Optional[_Union[Citation, _Mapping]] = ..., retraction: _Optional[_Union[Retraction, _Mapping]] = ..., degradation: _Optional[_Union[_retrieval_pb2.Degradation, _Mapping]] = ..., completed: _Optional[_Union[QueryResponse, _Mapping]] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("request_id", "revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    revision: int
    def __init__(self, request_id: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class HitsFound(_message.Message):
    __slots__ = ("hits",)
    HITS_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[_retrieval_pb2.Hit]
    def __init__(self, hits: _Optional[_Iterable[_Union[_retrieval_pb2.Hit, _Mapping]]] = ...) -> None: ...

class Delta(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class Retraction(_message.Message):
    __slots__ = ("answer_span", "reason")
    ANSWER_SPAN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    answer_span: _retrieval_pb2.Span
    reason: str
    def __init__(self, answer_span: _Optional[_Union[_retrieval_pb2.Span, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...
