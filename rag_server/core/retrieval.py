"""Questions, hits and answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import NO_SENTENCES, Relative, Sentences, StoredChunk
from rag_server.core.errors import RagError
from rag_server.core.filters import Filter
from rag_server.core.specs import PipelineSpec
from rag_server.core.understanding import Understanding
from rag_server.core.values import Span

NO_NEARNESS = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class RetrieveRequest:
    """A question to a collection. `plan` is a pipeline's name (empty:
    the server's default) or a spec; `consistency_token` is that of a write, or empty; `image` the
    bytes of a file, or empty, and only with it may `query` be blank."""

    collection: str
    query: str
    top_k: int = 10
    filter: Filter | None = None
    plan: str | PipelineSpec = ""
    consistency_token: str = ""
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class StageScore:
    """Score (higher is better) and rank (from 1) that a stage gave a hit."""

    stage: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that a retriever found; `row` is the catalog's name for its visible version.
    `chunk` is set where it was read already.

    Where it stands for something larger, `chunk` and `chunk_id` are that, `row` the chunk in it
    that was found, `members` (ascending) all that it is made of, and `matched` the spans in the
    document of those that were found."""

    row: int
    chunk_id: str
    score: float
    stages: tuple[StageScore, ...] = ()
    chunk: StoredChunk | None = None
    members: tuple[Relative, ...] = ()
    matched: tuple[Span, ...] = ()

    def staged(self, stage: str, score: float, rank: int) -> "Candidate":
        """The same with the score that one more stage gives it."""
        stages = (*self.stages, StageScore(stage, score, rank))
        # Every field by name: `dataclasses.replace` takes four times as long, and a search has
        # hundreds of candidates.
        return Candidate(
            self.row, self.chunk_id, score, stages, self.chunk, self.members, self.matched
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A visible chunk that was found, or something larger (as in Candidate), with its final
    score and those of the stages. For answers only its n sentences are read, their spans
    relative to its first byte, and `nearness`, float32 (n,): the question's cosine with the
    chunk that each stands in."""

    chunk: StoredChunk
    score: float
    stages: tuple[StageScore, ...]
    members: tuple[Relative, ...] = ()
    matched: tuple[Span, ...] = ()
    sentences: Sentences = NO_SENTENCES
    nearness: NDArray[np.float32] = field(default_factory=lambda: NO_NEARNESS, compare=False)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """Candidates left after a step, for `explain`."""

    step: str
    count: int
    detail: str = ""


class DegradationKind(StrEnum):
    """Names of `ragrpc.v1.Degradation.Kind`."""

    INDEX_AWAY = "INDEX_AWAY"
    ANSWER_TRUNCATED = "ANSWER_TRUNCATED"
    CONTEXT_TRUNCATED = "CONTEXT_TRUNCATED"
    RETRIEVER_SKIPPED = "RETRIEVER_SKIPPED"
    RERANKER_SKIPPED = "RERANKER_SKIPPED"
    LEXICAL_AWAY = "LEXICAL_AWAY"
    QUERY_EXPANSION_SKIPPED = "QUERY_EXPANSION_SKIPPED"
    FILTER_RELAXED = "FILTER_RELAXED"
    FILTER_DROPPED = "FILTER_DROPPED"
    UNDERSTANDER_FELL_BACK = "UNDERSTANDER_FELL_BACK"


@dataclass(frozen=True, slots=True)
class Degradation:
    """What was skipped or served differently than asked."""

    kind: DegradationKind
    stage: str
    detail: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock milliseconds of one stage."""

    stage: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model, generation, revision, pipeline and generator made a result, and which paths
    found its chunks."""

    embedder: str
    generation: int
    revision: int
    pipeline: str
    generator: str = ""
    served_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Usage:
    """What a call consumed."""

    query_embeddings: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    text_embeddings: int = 0


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What Retrieve returns: hits, best first, and how they came about."""

    hits: Sequence[Hit]
    provenance: Provenance
    timings: Sequence[Timing] = ()
    usage: Usage = field(default_factory=Usage)
    degradations: Sequence[Degradation] = ()
    query_embedding_hit: bool = False
    funnel: Sequence[FunnelStep] = ()
    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True)
class ExtractiveSpec:
    """Parameters of the extractive generator."""

    max_sentences: int = 3


@dataclass(frozen=True, slots=True)
class OpenAiSpec:
    """Parameters of the OpenAI-compatible generator; None: the server's setting."""

    max_output_tokens: int | None = None
    temperature: float | None = None


GeneratorSpec = ExtractiveSpec | OpenAiSpec


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A question to be answered. `generator` None: the server's default."""

    retrieval: RetrieveRequest
    generator: GeneratorSpec | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A part of the answer and the source text that supports it, 0 < `support` <= 1.
    Spans are bytes of the answer and of the document's stored text."""

    hit_index: int
    document_id: str
    chunk_id: str
    answer_span: Span
    source_span: Span
    source_text: str
    support: float


class AbstainReason(StrEnum):
    """Names of `ragrpc.v1.AbstainReason`."""

    NO_HITS = "NO_HITS"
    NO_SUPPORT = "NO_SUPPORT"
    MODEL_DECLINED = "MODEL_DECLINED"
    NOT_GROUNDED = "NOT_GROUNDED"


@dataclass(frozen=True, slots=True)
class Answer:
    """What Query returns. `text` is empty when `abstain_reasons` is not."""

    text: str
    retrieval: Retrieval
    citations: Sequence[Citation] = ()
    abstain_reasons: Sequence[AbstainReason] = ()
    unsupported: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """First event: the request was accepted and pinned to a revision."""

    request_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class HitsFound:
    """The context of the answer, best first."""

    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Delta:
    """Text to append to the answer so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """A part of the answer so far that has no support."""

    answer_span: Span
    reason: str


# What a stream of an answer is made of; the Answer comes last.
Event = Started | HitsFound | Delta | Citation | Retraction | Degradation | Answer


@dataclass(frozen=True, slots=True)
class RetrieveResult:
    """One result of a batch: either is set."""

    retrieval: Retrieval | None = None
    error: RagError | None = None
