"""Texts of one's own, put in order by the server."""

from dataclasses import dataclass

from rag_client.types.answers import CacheStatus, Degradation, StageScore, Usage
from rag_client.types.documents import StageTiming


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be put in order; `id` is your own name for it, once in a call. The server reads
    the title along with it."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class RankedText:
    """A text in its place: `index` is where it stood in the call, from 0. A higher score is
    better; stage scores come first of "dense" (the cosine) or "given" (the order of the call),
    then of the reranker."""

    id: str
    index: int
    score: float
    stage_scores: tuple[StageScore, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Texts, best first, and what their order took; `embedder` is empty where none was asked."""

    texts: tuple[RankedText, ...]
    timings: tuple[StageTiming, ...]
    usage: Usage
    embedder: str
    degradations: tuple[Degradation, ...]
    cache: CacheStatus
