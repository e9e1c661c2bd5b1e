"""How candidates are found, spelled out. None stands for the server's default everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Union

from rag_client.values import Metadata


@dataclass(frozen=True, slots=True)
class DenseRetriever:
    """Nearest chunks by cosine. Hits below `min_score` (-1 to 1, server default -1: keep all)
    are dropped."""

    min_score: float | None = None


@dataclass(frozen=True, slots=True)
class LexicalRetriever:
    """Chunks by the words of the question (BM25); pairs of neighbouring words count
    `bigram_weight` (0 to 10, server default 0.2) times as much as single ones."""

    bigram_weight: float | None = None


@dataclass(frozen=True, slots=True)
class SentenceRetriever:
    """Chunks by their best sentence, out of the `depth` (1 to 1,000, server default 200) that
    `base` finds: dense, or in a hybrid what the other parts find."""

    base: Union["Retriever", None] = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class WeightedRetriever:
    """A part of a hybrid; only the ratio of the weights (above 0, server default 1) counts."""

    retriever: "Retriever"
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class ReciprocalRankFusion:
    """Sum of weight / (k + rank); `k` 0 to 1,000, server default 60."""

    k: float | None = None


class Normalisation(StrEnum):
    """How scores of different parts are made comparable."""

    UNSPECIFIED = "unspecified"
    Z_SCORE = "z_score"
    MIN_MAX = "min_max"


@dataclass(frozen=True, slots=True)
class ConvexCombination:
    """Weighted mean of normalised scores; server default: by z-score."""

    normalisation: Normalisation | None = None


@dataclass(frozen=True, slots=True)
class HybridRetriever:
    """The rankings of 2 to 8 parts, fused (server default: ConvexCombination); each part gives
    `depth` candidates (1 to 1,000, server default 100)."""

    parts: Sequence[WeightedRetriever]
    fusion: ReciprocalRankFusion | ConvexCombination | None = None
    depth: int | None = None


class Modality(StrEnum):
    """What a vector field of a collection is made from."""

    UNSPECIFIED = "unspecified"
    TEXT = "text"
    IMAGE = "image"
    TABLE = "table"


class Expansion(StrEnum):
    """What takes the place of a chunk that was found."""

    UNSPECIFIED = "unspecified"
    PARENT = "parent"
    AUTO_MERGE = "auto_merge"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class ParentDocumentRetriever:
    """What the chunks that `base` (server default: dense) finds stand in.

    Searches for `child_k` chunks (1 to 1,000, and more while they have too few parents), returns
    up to `parent_k` parents (server default: `top_k`). AUTO_MERGE takes the parent where more than
    `merge_ratio` (server default 0.5) of its chunks were found. Of a parent over `max_tokens`
    (server default 2,000) a window around the best chunk is returned. A parent's score is the
    mean of its `mean_of` best chunks (server default 1).
    """

    base: Union["Retriever", None] = None
    child_k: int | None = None
    parent_k: int | None = None
    expansion: Expansion | None = None
    merge_ratio: float | None = None
    max_tokens: int | None = None
    mean_of: int | None = None


@dataclass(frozen=True, slots=True)
class MultiQueryRetriever:
    """What `base` finds for the question and at most `variants` (1 to 8, server default 3) other
    wordings by the server's language model, `depth` candidates each (1 to 1,000, server default
    100), fused by reciprocal ranks with `k` (0 to 1,000, server default 60)."""

    base: "Retriever"
    variants: int | None = None
    k: float | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class HydeRetriever:
    """What `base` (server default: dense) finds near the question and `passages` (1 to 8, server
    default 1) answers that the server's language model makes up."""

    base: Union["Retriever", None] = None
    passages: int | None = None


@dataclass(frozen=True, slots=True)
class CustomRetriever:
    """A strategy of a plug-in of the server (`server_info().retriever_plugins` lists them with
    their parameters); some order anew what `base` (server default: dense) finds."""

    name: str
    parameters: Metadata = field(default_factory=dict)
    base: Union["Retriever", None] = None


class Understander(StrEnum):
    """Who understands questions."""

    UNSPECIFIED = "unspecified"
    GRAMMAR = "grammar"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class SelfQueryRetriever:
    """What the question says about metadata becomes a filter for `base` (server default: dense)
    from a confidence of `threshold` on (0 to 1, server default 0.6), below it, down to 0.5, a boost
    by up to `boost` (0 to 1, server default 0.05) of the range of scores. `rewrite`: search without
    the words that became filters; `sort`: put the hits in the order that the question asks for.
    `today` (YYYY-MM-DD) is what "last month" is counted from; None: the server's day in UTC."""

    base: Union["Retriever", None] = None
    threshold: float | None = None
    boost: float | None = None
    rewrite: bool | None = None
    sort: bool | None = None
    understander: Understander | None = None
    today: str | None = None


@dataclass(frozen=True, slots=True)
class WeightedField:
    """A vector field as part of a search; only the ratio of the weights (above 0, server default
    1) counts."""

    field: Modality
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class MultimodalRetriever:
    """A search in each of these vector fields, fused (server default: ConvexCombination): the
    text by `base` (server default: dense), images by the question's image, tables by its words.
    Each gives `depth` candidates (1 to 1,000, server default 100)."""

    fields: Sequence[WeightedField]
    fusion: ReciprocalRankFusion | ConvexCombination | None = None
    depth: int | None = None
    base: Union["Retriever", None] = None


Retriever = (
    DenseRetriever
    | LexicalRetriever
    | SentenceRetriever
    | HybridRetriever
    | ParentDocumentRetriever
    | MultiQueryRetriever
    | HydeRetriever
    | CustomRetriever
    | SelfQueryRetriever
    | MultimodalRetriever
)


@dataclass(frozen=True, slots=True)
class MmrReranker:
    """Relevance against repetition (maximal marginal relevance) over the first `depth` (1 to
    1,000, server default 50); `relevance` (0 to 1, server default 0.7) is its lambda."""

    relevance: float | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class MaxSimReranker:
    """Word by word over token vectors, which the collection must have: `weight` (0 to 1, server
    default 0.3) of it in the score of the first `depth` (1 to 1,000, server default 50)."""

    weight: float | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class CrossEncoderReranker:
    """The first `depth` (1 to 1,000, server default 30) by the server's cross-encoder."""

    depth: int | None = None


@dataclass(frozen=True, slots=True)
class LlmReranker:
    """The first `depth` (2 to 50, server default 10) as the server's language model puts them."""

    depth: int | None = None


@dataclass(frozen=True, slots=True)
class CustomReranker:
    """The first `depth` (1 to 1,000, server default 50) by a plug-in of the server
    (`server_info().reranker_plugins` lists them with their parameters)."""

    name: str
    parameters: Metadata = field(default_factory=dict)
    depth: int | None = None


Reranker = MmrReranker | MaxSimReranker | CrossEncoderReranker | LlmReranker | CustomReranker


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """How candidates are found and refined: at most 4 rerankers, one after the other."""

    retriever: Retriever = field(default_factory=DenseRetriever)
    rerankers: Sequence[Reranker] = ()
