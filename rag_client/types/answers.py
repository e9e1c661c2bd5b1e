"""Hits and answers."""

from dataclasses import dataclass
from enum import StrEnum

from rag_client.types.documents import StageTiming
from rag_client.types.understanding import Understanding
from rag_client.values import Metadata, Span


@dataclass(frozen=True, slots=True)
class StageScore:
    """Score (higher is better, scales differ) and rank (from 1) that a stage gave a hit."""

    stage: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `spans` are ascending, disjoint byte ranges of the
    document's parsed text; `text` is what stands there, joined by newlines. `metadata`
    is the document's; a higher `score` is better; `ordinal` is the chunk's, from 0."""

    document_id: str
    chunk_id: str
    title: str
    text: str
    spans: tuple[Span, ...]
    metadata: Metadata
    score: float
    stage_scores: tuple[StageScore, ...]
    ordinal: int
    matched_spans: tuple[Span, ...] = ()


class DegradationKind(StrEnum):
    """What was skipped, relaxed or served differently."""

    UNSPECIFIED = "unspecified"
    INDEX_AWAY = "index_away"
    ANSWER_TRUNCATED = "answer_truncated"
    CONTEXT_TRUNCATED = "context_truncated"
    RETRIEVER_SKIPPED = "retriever_skipped"
    RERANKER_SKIPPED = "reranker_skipped"
    LEXICAL_AWAY = "lexical_away"
    QUERY_EXPANSION_SKIPPED = "query_expansion_skipped"
    FILTER_RELAXED = "filter_relaxed"
    FILTER_DROPPED = "filter_dropped"
    UNDERSTANDER_FELL_BACK = "understander_fell_back"


@dataclass(frozen=True, slots=True)
class Degradation:
    """Something that was served differently than asked; `detail` is for a person."""

    kind: DegradationKind
    stage: str
    detail: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result came from: models, generation, revision, pipeline, the generator (empty
    for retrieve), and the paths that found the chunks ("exact", "index", "tail", "catalog")."""

    embedder: str
    generation: int
    revision: int
    pipeline: str
    generator: str
    served_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed; tokens are those the language model reported, texts other ones than
    the question (those of a rerank, made up passages)."""

    query_embedding_count: int
    prompt_token_count: int
    completion_token_count: int
    text_embedding_count: int = 0


@dataclass(frozen=True, slots=True)
class CacheStatus:
    """What the server's caches did; true when the question's vector was cached."""

    query_embedding_hit: bool


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """Candidates left after a step of the retrieval (with `explain`)."""

    step: str
    candidate_count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found, best first, and how. `funnel` is empty without `explain`, `understanding`
    None, too, and where no SelfQueryRetriever was at work."""

    hits: tuple[Hit, ...]
    timings: tuple[StageTiming, ...]
    usage: Usage
    provenance: Provenance
    degradations: tuple[Degradation, ...]
    cache: CacheStatus
    funnel: tuple[FunnelStep, ...]
    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A statement of the answer and the source that supports it, which the server checked.

    `answer_span` is a byte range of the answer, `source_span` one of the document's
    parsed text, where `source_text` stands; `support` is 0 to 1 (1 for a quote);
    `hit_index` is the cited hit's position in the answer's `hits`, from 0.
    """

    document_id: str
    chunk_id: str
    answer_span: Span
    source_span: Span
    source_text: str
    support: float
    hit_index: int


class AbstainReason(StrEnum):
    """Why there is no answer."""

    UNSPECIFIED = "unspecified"
    NO_HITS = "no_hits"
    NO_SUPPORT = "no_support"
    MODEL_DECLINED = "model_declined"
    NOT_GROUNDED = "not_grounded"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: `text` is empty exactly where `abstain_reasons` is not.

    `citations` ascend by answer span; `hits` is the context, best first;
    `unsupported_spans` are parts of the text that no source supports, ascending.
    """

    text: str
    citations: tuple[Citation, ...]
    abstain_reasons: tuple[AbstainReason, ...]
    hits: tuple[Hit, ...]
    timings: tuple[StageTiming, ...]
    usage: Usage
    provenance: Provenance
    degradations: tuple[Degradation, ...]
    cache: CacheStatus
    funnel: tuple[FunnelStep, ...]
    unsupported_spans: tuple[Span, ...]
    understanding: Understanding | None = None
