"""How candidates are found: one frozen type per strategy, the same shape as the contract's
`PipelineSpec`. Defaults are the contract's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Union

from rag_server.core.content import Modality
from rag_server.core.values import Metadata

# Wrappers within wrappers, and searches that one spec may ask for.
MAX_DEPTH = 4
MAX_SEARCHES = 32


@dataclass(frozen=True, slots=True)
class DenseSpec:
    """Nearest chunks; `min_score` is a cosine, -1 to 1."""

    min_score: float = -1.0


@dataclass(frozen=True, slots=True)
class LexicalSpec:
    """Chunks by the words of the question; pairs of neighbouring words count `bigram_weight`
    times as much as single ones, 0 to 10."""

    bigram_weight: float = 0.2


@dataclass(frozen=True, slots=True)
class SentenceSpec:
    """The best sentence of each of `depth` chunks that `base` finds; None: dense, or in a hybrid
    what the other parts find."""

    base: Union["RetrieverSpec", None] = None
    depth: int = 200


class Normalisation(StrEnum):
    """Names of `ragrpc.v1.ConvexCombination.Normalisation`."""

    Z_SCORE = "Z_SCORE"
    MIN_MAX = "MIN_MAX"


@dataclass(frozen=True, slots=True)
class RrfSpec:
    """Reciprocal rank fusion."""

    k: float = 60.0


@dataclass(frozen=True, slots=True)
class ConvexSpec:
    """Weighted mean of normalised scores."""

    normalisation: Normalisation = Normalisation.Z_SCORE


FusionSpec = RrfSpec | ConvexSpec


@dataclass(frozen=True, slots=True)
class WeightedSpec:
    """A part of a hybrid with its share."""

    retriever: "RetrieverSpec"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class HybridSpec:
    """The rankings of several strategies, of `depth` candidates each, fused into one."""

    parts: tuple[WeightedSpec, ...]
    fusion: FusionSpec = field(default_factory=ConvexSpec)
    depth: int = 100


class Expansion(StrEnum):
    """Names of `ragrpc.v1.ParentDocumentRetriever.Expansion`."""

    PARENT = "PARENT"
    AUTO_MERGE = "AUTO_MERGE"
    DOCUMENT = "DOCUMENT"


@dataclass(frozen=True, slots=True)
class ParentDocumentSpec:
    """What the chunks that `base` finds stand in. None: `child_k` follows from the parents
    wanted, `parent_k` is the limit of the search. `merge_ratio` 0 to below 1, `max_tokens` of the
    embedder, `mean_of` best chunks make a parent's score."""

    base: "RetrieverSpec" = field(default_factory=DenseSpec)
    child_k: int | None = None
    parent_k: int | None = None
    expansion: Expansion = Expansion.PARENT
    merge_ratio: float = 0.5
    max_tokens: int = 2_000
    mean_of: int = 1


@dataclass(frozen=True, slots=True)
class MultiQuerySpec:
    """What `base` finds for the question and at most `variants` other wordings of it, `depth`
    candidates each, fused by reciprocal ranks."""

    base: "RetrieverSpec"
    variants: int = 3
    k: float = 60.0
    depth: int = 100


@dataclass(frozen=True, slots=True)
class HydeSpec:
    """What `base` finds near the question and `passages` made up answers."""

    base: "RetrieverSpec" = field(default_factory=DenseSpec)
    passages: int = 1


@dataclass(frozen=True, slots=True)
class CustomSpec:
    """A strategy of a plug-in; what `parameters` mean and whether it asks `base` is its own."""

    name: str
    parameters: Metadata = field(default_factory=dict)
    base: "RetrieverSpec" = field(default_factory=DenseSpec)


class UnderstanderKind(StrEnum):
    """Names of `ragrpc.v1.SelfQueryRetriever.Understander`."""

    GRAMMAR = "GRAMMAR"
    LLM = "LLM"


@dataclass(frozen=True, slots=True)
class SelfQuerySpec:
    """What the question says about metadata becomes a filter for `base`, from a confidence of
    `threshold` on, below it, down to 0.5, a boost by up to `boost` of the range of scores. `today`
    (None: the server's, in UTC) is an ISO 8601 date."""

    base: "RetrieverSpec" = field(default_factory=DenseSpec)
    threshold: float = 0.6
    boost: float = 0.05
    rewrite: bool = False
    sort: bool = False
    understander: UnderstanderKind = UnderstanderKind.GRAMMAR
    today: str | None = None


@dataclass(frozen=True, slots=True)
class WeightedFieldSpec:
    """A vector field with its share."""

    field: Modality
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MultimodalSpec:
    """A search in each field, of `depth` candidates, fused into one; the text's by `base`."""

    fields: tuple[WeightedFieldSpec, ...]
    fusion: FusionSpec = field(default_factory=ConvexSpec)
    depth: int = 100
    base: "RetrieverSpec" = field(default_factory=DenseSpec)


RetrieverSpec = (
    DenseSpec
    | LexicalSpec
    | SentenceSpec
    | HybridSpec
    | ParentDocumentSpec
    | MultiQuerySpec
    | HydeSpec
    | CustomSpec
    | SelfQuerySpec
    | MultimodalSpec
)

# Strategies that ask a language model, or may.
_ASKING = (MultiQuerySpec, HydeSpec, CustomSpec)

# By the names of the contract's oneofs.
RETRIEVER_SPECS: Mapping[str, type[RetrieverSpec]] = {
    "dense": DenseSpec,
    "lexical": LexicalSpec,
    "sentence": SentenceSpec,
    "hybrid": HybridSpec,
    "parent_document": ParentDocumentSpec,
    "multi_query": MultiQuerySpec,
    "hyde": HydeSpec,
    "custom": CustomSpec,
    "self_query": SelfQuerySpec,
    "multimodal": MultimodalSpec,
}
FUSION_SPECS: Mapping[str, type[FusionSpec]] = {"rrf": RrfSpec, "convex": ConvexSpec}


@dataclass(frozen=True, slots=True)
class MmrSpec:
    """Maximal marginal relevance over the first `depth` candidates; `relevance` is the paper's
    lambda, 0 to 1."""

    relevance: float = 0.7
    depth: int = 50


@dataclass(frozen=True, slots=True)
class MaxSimSpec:
    """The first `depth` candidates by their tokens; `weight`, 0 to 1, against the incoming
    score."""

    weight: float = 0.3
    depth: int = 50


@dataclass(frozen=True, slots=True)
class CrossEncoderSpec:
    """The first `depth` candidates by a model that reads question and text together."""

    depth: int = 30


@dataclass(frozen=True, slots=True)
class LlmRerankSpec:
    """The first `depth` candidates as a language model puts them, all others behind."""

    depth: int = 10


@dataclass(frozen=True, slots=True)
class CustomRerankSpec:
    """The first `depth` candidates by a plug-in; what `parameters` mean is its own."""

    name: str
    parameters: Metadata = field(default_factory=dict)
    depth: int = 50


RerankerSpec = MmrSpec | MaxSimSpec | CrossEncoderSpec | LlmRerankSpec | CustomRerankSpec

RERANKER_SPECS: Mapping[str, type[RerankerSpec]] = {
    "mmr": MmrSpec,
    "max_sim": MaxSimSpec,
    "cross_encoder": CrossEncoderSpec,
    "llm": LlmRerankSpec,
    "custom": CustomRerankSpec,
}
RERANKER_NAMES: Mapping[type, str] = {spec: name for name, spec in RERANKER_SPECS.items()}


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """How candidates are found and refined; `name` is "custom" unless it is a named one."""

    retriever: RetrieverSpec = field(default_factory=DenseSpec)
    rerankers: tuple[RerankerSpec, ...] = ()
    name: str = "custom"
    description: str = ""


def parts_of(spec: RetrieverSpec) -> Iterator[RetrieverSpec]:
    """The strategies that one holds, in order."""
    match spec:
        case HybridSpec():
            yield from (part.retriever for part in spec.parts)
        case SentenceSpec():
            if spec.base is not None:
                yield spec.base
        case (
            ParentDocumentSpec()
            | MultiQuerySpec()
            | HydeSpec()
            | CustomSpec()
            | SelfQuerySpec()
            | MultimodalSpec()
        ):
            yield spec.base


def depth_of(spec: RetrieverSpec) -> int:
    """1 for a strategy that holds no other."""
    return 1 + max(map(depth_of, parts_of(spec)), default=0)


def searches_of(spec: RetrieverSpec) -> int:
    """How many searches one retrieval may ask for."""
    once = max(1, sum(map(searches_of, parts_of(spec))))
    return once * (1 + spec.variants) if isinstance(spec, MultiQuerySpec) else once


def asks_model(plan: PipelineSpec) -> bool:
    """Whether a retrieval may wait for a language model."""
    reranked = any(isinstance(each, LlmRerankSpec | CustomRerankSpec) for each in plan.rerankers)
    return reranked or _asks(plan.retriever)


def _asks(spec: RetrieverSpec) -> bool:
    if isinstance(spec, SelfQuerySpec) and spec.understander is UnderstanderKind.LLM:
        return True
    return isinstance(spec, _ASKING) or any(map(_asks, parts_of(spec)))
