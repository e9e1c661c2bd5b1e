"""Strategies that turn a question into ranked chunks.

May import core, text and resilience.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag_server.core.protocols import ChunkStore, Freshness, Retriever, VectorIndex
from rag_server.core.retrieval import DenseSpec
from rag_server.retrievers.dense import DenseRetriever


@dataclass(frozen=True, slots=True)
class Sources:
    """What retrievers search. `exact_limit`: survivors of a filter that are still scored one
    by one; `tail_limit`: chunks not yet in the index that a read scores instead of waiting."""

    chunks: ChunkStore
    index: VectorIndex
    freshness: Freshness
    exact_limit: int
    tail_limit: int


def _dense(sources: Sources) -> Retriever:
    return DenseRetriever(
        sources.chunks,
        sources.index,
        sources.freshness,
        exact_limit=sources.exact_limit,
        tail_limit=sources.tail_limit,
    )


# Spec -> maker of the strategy that it asks for.
RETRIEVERS: Mapping[type, Callable[[Sources], Retriever]] = {DenseSpec: _dense}
