from google.api import field_behavior_pb2 as _field_behavior_pb2
from ragrpc.v1 import metadata_pb2 as _metadata_pb2
from ragrpc.v1 import modality_pb2 as _modality_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PipelineSpec(_message.Message):
    __slots__ = ("retriever", "rerankers")
    RETRIEVER_FIELD_NUMBER: _ClassVar[int]
    RERANKERS_FIELD_NUMBER: _ClassVar[int]
    retriever: Retriever
    rerankers: _containers.RepeatedCompositeFieldContainer[Reranker]
    def __init__(self, retriever: _Optional[_Union[Retriever, _Mapping]] = ..., rerankers: _Optional[_Iterable[_Union[Reranker, _Mapping]]] = ...) -> None: ...

class Reranker(_message.Message):
    __slots__ = ("mmr", "max_sim", "cross_encoder", "llm", "custom")
    MMR_FIELD_NUMBER: _ClassVar[int]
    MAX_SIM_FIELD_NUMBER: _ClassVar[int]
    CROSS_ENCODER_FIELD_NUMBER: _ClassVar[int]
    LLM_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    mmr: MmrReranker
    max_sim: MaxSimReranker
    cross_encoder: CrossEncoderReranker
    llm: LlmReranker
    custom: CustomReranker
    def __init__(self, mmr: _Optional[_Union[MmrReranker, _Mapping]] = ..., max_sim: _Optional[_Union[MaxSimReranker, _Mapping]] = ..., cross_encoder: _Optional[_Union[CrossEncoderReranker, _Mapping]] = ..., llm: _Optional[_Union[LlmReranker, _Mapping]] = ..., custom: _Optional[_Union[CustomReranker, _Mapping]] = ...) -> None: ...

class MaxSimReranker(_message.Message):
    __slots__ = ("weight", "depth")
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    weight: float
    depth: int
    def __init__(self, weight: _Optional[float] = ..., depth: _Optional[int] = ...) -> None: ...

class CrossEncoderReranker(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class LlmReranker(_message.Message):
    __slots__ = ("depth",)
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    depth: int
    def __init__(self, depth: _Optional[int] = ...) -> None: ...

class CustomReranker(_message.Message):
    __slots__ = ("name", "parameters", "depth")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.MessageMap[str, _metadata_pb2.Value]
    depth: int
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Mapping[str, _metadata_pb2.Value]] = ..., depth: _Optional[int] = ...) -> None: ...

class MmrReranker(_message.Message):
    __slots__ = ("relevance", "depth")
    RELEVANCE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    relevance: float
    depth: int
    def __init__(self, relevance: _Optional[float] = ..., depth: _Optional[int] = ...) -> None: ...

class Retriever(_message.Message):
    __slots__ = ("dense", "lexical", "sentence", "hybrid", "parent_document", "multi_query", "hyde", "custom", "self_query", "multimodal")
    DENSE_FIELD_NUMBER: _ClassVar[int]
    LEXICAL_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    HYBRID_FIELD_NUMBER: _ClassVar[int]
    PARENT_DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    MULTI_QUERY_FIELD_NUMBER: _ClassVar[int]
    HYDE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    SELF_QUERY_FIELD_NUMBER: _ClassVar[int]
    MULTIMODAL_FIELD_NUMBER: _ClassVar[int]
    dense: DenseRetriever
    lexical: LexicalRetriever
    sentence: SentenceRetriever
    hybrid: HybridRetriever
    parent_document: ParentDocumentRetriever
    multi_query: MultiQueryRetriever
    hyde: HydeRetriever
    custom: CustomRetriever
    self_query: SelfQueryRetriever
    multimodal: MultimodalRetriever
    def __init__(self, dense: _Optional[_Union[DenseRetriever, _Mapping]] = ..., lexical: _Optional[_Union[LexicalRetriever, _Mapping]] = ..., sentence: _Optional[_Union[SentenceRetriever, _Mapping]] = ..., hybrid: _Optional[_Union[HybridRetriever, _Mapping]] = ..., parent_document: _Optional[_Union[ParentDocumentRetriever, _Mapping]] = ..., multi_query: _Optional[_Union[MultiQueryRetriever, _Mapping]] = ..., hyde: _Optional[_Union[HydeRetriever, _Mapping]] = ..., custom: _Optional[_Union[CustomRetriever, _Mapping]] = ..., self_query: _Optional[_Union[SelfQueryRetriever, _Mapping]] = ..., multimodal: _Optional[_Union[MultimodalRetriever, _Mapping]] = ...) -> None: ...

class DenseRetriever(_message.Message):
    __slots__ = ("min_score",)
    MIN_SCORE_FIELD_NUMBER: _ClassVar[int]
    min_score: float
    def __init__(self, min_score: _Optional[float] = ...) -> None: ...

class LexicalRetriever(_message.Message):
    __slots__ = ("bigram_weight",)
    BIGRAM_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    bigram_weight: float
    def __init__(self, bigram_weight: _Optional[float] = ...) -> None: ...

class SentenceRetriever(_message.Message):
    __slots__ = ("base", "depth")
    BASE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    base: Retriever
    depth: int
    def __init__(self, base: _Optional[_Union[Retriever, _Mapping]] = ..., depth: _Optional[int] = ...) -> None: ...

class HybridRetriever(_message.Message):
    __slots__ = ("parts", "rrf", "convex", "depth")
    PARTS_FIELD_NUMBER: _ClassVar[int]
    RRF_FIELD_NUMBER: _ClassVar[int]
    CONVEX_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedCompositeFieldContainer[WeightedRetriever]
    rrf: ReciprocalRankFusion
    convex: ConvexCombination
    depth: int
    def __init__(self, parts: _Optional[_Iterable[_Union[WeightedRetriever, _Mapping]]] = ..., rrf: _Optional[_Union[ReciprocalRankFusion, _Mapping]] = ..., convex: _Optional[_Union[ConvexCombination, _Mapping]] = ..., depth: _Optional[int] = ...) -> None: ...

class WeightedRetriever(_message.Message):
    __slots__ = ("retriever", "weight")
    RETRIEVER_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    retriever: Retriever
    weight: float
    def __init__(self, retriever: _Optional[_Union[Retriever, _Mapping]] = ..., weight: _Optional[float] = ...) -> None: ...

class ReciprocalRankFusion(_message.Message):
    __slots__ = ("k",)
    K_FIELD_NUMBER: _ClassVar[int]
    k: float
    def __init__(self, k: _Optional[float] = ...) -> None: ...

class ConvexCombination(_message.Message):
    __slots__ = ("normalisation",)
    class Normalisation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NORMALISATION_UNSPECIFIED: _ClassVar[ConvexCombination.Normalisation]
        NORMALISATION_Z_SCORE: _ClassVar[ConvexCombination.Normalisation]
        NORMALISATION_MIN_MAX: _ClassVar[ConvexCombination.Normalisation]
    NORMALISATION_UNSPECIFIED: ConvexCombination.Normalisation
    NORMALISATION_Z_SCORE: ConvexCombination.Normalisation
    NORMALISATION_MIN_MAX: ConvexCombination.Normalisation
    NORMALISATION_FIELD_NUMBER: _ClassVar[int]
    normalisation: ConvexCombination.Normalisation
    def __init__(self, normalisation: _Optional[_Union[ConvexCombination.Normalisation, str]] = ...) -> None: ...

class ParentDocumentRetriever(_message.Message):
    __slots__ = ("base", "child_k", "parent_k", "expansion", "merge_ratio", "max_tokens", "mean_of")
    class Expansion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EXPANSION_UNSPECIFIED: _ClassVar[ParentDocumentRetriever.Expansion]
        EXPANSION_PARENT: _ClassVar[ParentDocumentRetriever.Expansion]
        EXPANSION_AUTO_MERGE: _ClassVar[ParentDocumentRetriever.Expansion]
        EXPANSION_DOCUMENT: _ClassVar[ParentDocumentRetriever.Expansion]
    EXPANSION_UNSPECIFIED: ParentDocumentRetriever.Expansion
    EXPANSION_PARENT: ParentDocumentRetriever.Expansion
    EXPANSION_AUTO_MERGE: ParentDocumentRetriever.Expansion
    EXPANSION_DOCUMENT: ParentDocumentRetriever.Expansion
    BASE_FIELD_NUMBER: _ClassVar[int]
    CHILD_K_FIELD_NUMBER: _ClassVar[int]
    PARENT_K_FIELD_NUMBER: _ClassVar[int]
    EXPANSION_FIELD_NUMBER: _ClassVar[int]
    MERGE_RATIO_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MEAN_OF_FIELD_NUMBER: _ClassVar[int]
    base: Retriever
    child_k: int
    parent_k: int
    expansion: ParentDocumentRetriever.Expansion
    merge_ratio: float
    max_tokens: int
    mean_of: int
    def __init__(self, base: _Optional[_Union[Retriever, _Mapping]] = ..., child_k: _Optional[int] = ..., parent_k: _Optional[int] = ..., expansion: _Optional[_Union[ParentDocumentRetriever.Expansion, str]] = ..., merge_ratio: _Optional[float] = ..., max_tokens: _Optional[int] = ..., mean_of: _Optional[int] = ...) -> None: ...

class MultiQueryRetriever(_message.Message):
    __slots__ = ("base", "variants", "k", "depth")
    BASE_FIELD_NUMBER: _ClassVar[int]
    VARIANTS_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    base: Retriever
    variants: int
    k: float
    depth: int
    def __init__(self, base: _Optional[_Union[Retriever, _Mapping]] = ..., variants: _Optional[int] = ..., k: _Optional[float] = ..., depth: _Optional[int] = ...) -> None: ...

class HydeRetriever(_message.Message):
    __slots__ = ("base", "passages")
    BASE_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    base: Retriever
    passages: int
    def __init__(self, base: _Optional[_Union[Retriever, _Mapping]] = ..., passages: _Optional[int] = ...) -> None: ...

class CustomRetriever(_message.Message):
    __slots__ = ("name", "parameters", "base")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _metadata_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_metadata_pb2.Value, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.MessageMap[str, _metadata_pb2.Value]
    base: Retriever
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Mapping[str, _metadata_pb2.Value]] = ..., base: _Optional[_Union[Retriever, _Mapping]] = ...) -> None: ...

class SelfQueryRetriever(_message.Message):
    __slots__ = ("base", "threshold", "boost", "rewrite", "sort", "understander", "today")
    class Understander(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNDERSTANDER_UNSPECIFIED: _ClassVar[SelfQueryRetriever.Understander]
        UNDERSTANDER_GRAMMAR: _ClassVar[SelfQueryRetriever.Understander]
        UNDERSTANDER_LLM: _ClassVar[SelfQueryRetriever.Understander]
    UNDERSTANDER_UNSPECIFIED: SelfQueryRetriever.Understander
    UNDERSTANDER_GRAMMAR: SelfQueryRetriever.Understander
    UNDERSTANDER_LLM: SelfQueryRetriever.Understander
    BASE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BOOST_FIELD_NUMBER: _ClassVar[int]
    REWRITE_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    UNDERSTANDER_FIELD_NUMBER: _ClassVar[int]
    TODAY_FIELD_NUMBER: _ClassVar[int]
    base: Retriever
    threshold: float
    boost: float
    rewrite: bool
    sort: bool
    understander: SelfQueryRetriever.Understander
    today: str
    def __init__(self, base: _Optional[_Union[Retriever, _Mapping]] = ..., threshold: _Optional[float] = ..., boost: _Optional[float] = ..., rewrite: bool = ..., sort: bool = ..., understander: _Optional[_Union[SelfQueryRetriever.Understander, str]] = ..., today: _Optional[str] = ...) -> None: ...

class MultimodalRetriever(_message.Message):
    __slots__ = ("fields", "rrf", "convex", "depth", "base")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    RRF_FIELD_NUMBER: _ClassVar[int]
    CONVEX_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedCompositeFieldContainer[WeightedField]
    rrf: ReciprocalRankFusion
    convex: ConvexCombination
    depth: int
    base: Retriever
    def __init__(self, fields: _Optional[_Iterable[_Union[WeightedField, _Mapping]]] = ..., rrf: _Optional[_Union[ReciprocalRankFusion, _Mapping]] = ..., convex: _Optional[_Union[ConvexCombination, _Mapping]] = ..., depth: _Optional[int] = ..., base: _Optional[_Union[Retriever, _Mapping]] = ...) -> None: ...

class WeightedField(_message.Message):
    __slots__ = ("field", "weight")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    field: _modality_pb2.Modality
    weight: float
    def __init__(self, field: _Optional[_Union[_modality_pb2.Modality, str]] = ..., weight: _Optional[float] = ...) -> None: ...
