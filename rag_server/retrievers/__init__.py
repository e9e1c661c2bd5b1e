"""Strategies that turn a question into ranked chunks.

May import core, text, resilience and plugins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rag_server.core.call import Call
from rag_server.core.protocols import (
    ChunkReader,
    ChunkStore,
    Completion,
    FieldIndex,
    FieldStore,
    Freshness,
    ImageEmbedder,
    LexicalIndex,
    Retriever,
    Search,
    VectorIndex,
)
from rag_server.core.question import Encoder
from rag_server.core.resident import Resident
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import (
    CustomSpec,
    DenseSpec,
    HybridSpec,
    HydeSpec,
    LexicalSpec,
    MultimodalSpec,
    MultiQuerySpec,
    ParentDocumentSpec,
    SelfQuerySpec,
    SentenceSpec,
    UnderstanderKind,
)
from rag_server.retrievers.custom import CustomRetriever
from rag_server.retrievers.dense import DenseRetriever, Limits
from rag_server.retrievers.hybrid import HybridRetriever
from rag_server.retrievers.hyde import HydeRetriever
from rag_server.retrievers.lexical import LexicalRetriever
from rag_server.retrievers.model_texts import ModelTexts
from rag_server.retrievers.multi_query import MultiQueryRetriever
from rag_server.retrievers.multimodal import MultimodalRetriever
from rag_server.retrievers.multimodal.field import FieldSearch
from rag_server.retrievers.parent_document import ParentDocumentRetriever
from rag_server.retrievers.plugins import RetrieverPlugin
from rag_server.retrievers.self_query.grammar import GrammarUnderstander
from rag_server.retrievers.self_query.llm import LlmUnderstander
from rag_server.retrievers.self_query.nearness import Embed
from rag_server.retrievers.self_query.retriever import Schemas, SelfQueryRetriever
from rag_server.retrievers.sentence import SentenceRetriever
from rag_server.retrievers.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Sources:
    """What retrievers search. `exact_limit`: survivors of a filter that are still scored one
    by one; `tail_limit`: chunks not yet in the index that a read scores instead of waiting;
    `completion`: the language model, for those that ask one; `schemas`: what the metadata of
    collections means; `embed`: unit float32 (n, d) of texts by the server's own embedder;
    `plugins`: those of others;
    `image_embedders` and `encoders` of questions by the names of models."""

    chunks: ChunkStore
    reader: ChunkReader
    resident: Resident
    index: VectorIndex
    freshness: Freshness
    lexical: LexicalIndex
    lexical_freshness: Freshness
    exact_limit: int
    tail_limit: int
    completion: Completion
    schemas: Schemas
    embed: Embed
    fields: FieldStore
    field_index: FieldIndex
    image_embedders: Mapping[str, ImageEmbedder]
    encoders: Mapping[str, Encoder]
    plugins: Mapping[str, RetrieverPlugin] = field(default_factory=dict)


class Retrievers:
    """All strategies as one: each search goes to that of its spec. Implements `Retriever`, and
    is what strategies that hold others hand those on to."""

    def __init__(self, sources: Sources) -> None:
        self._by_spec = {spec: make(sources, self) for spec, make in RETRIEVERS.items()}

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """As the strategy of `search.spec` does."""
        return self._by_spec[type(search.spec)].retrieve(search, call)


def _dense(sources: Sources, every: Retrievers) -> Retriever:
    del every
    return DenseRetriever(
        Visibility(sources.chunks, sources.resident),
        sources.index,
        sources.freshness,
        Limits(sources.exact_limit, sources.tail_limit),
    )


def _lexical(sources: Sources, every: Retrievers) -> Retriever:
    del every
    return LexicalRetriever(
        sources.chunks,
        Visibility(sources.chunks, sources.resident),
        sources.lexical,
        sources.lexical_freshness,
        exact_limit=sources.exact_limit,
        tail_limit=sources.tail_limit,
    )


def _sentence(sources: Sources, every: Retrievers) -> Retriever:
    return SentenceRetriever(sources.chunks, every)


def _hybrid(sources: Sources, every: Retrievers) -> Retriever:
    del sources
    return HybridRetriever(every)


def _multi_query(sources: Sources, every: Retrievers) -> Retriever:
    return MultiQueryRetriever(every, ModelTexts(sources.completion))


def _hyde(sources: Sources, every: Retrievers) -> Retriever:
    return HydeRetriever(every, ModelTexts(sources.completion))


def _parent_document(sources: Sources, every: Retrievers) -> Retriever:
    return ParentDocumentRetriever(sources.chunks, sources.reader, every)


def _custom(sources: Sources, every: Retrievers) -> Retriever:
    plugins = sources.plugins
    made = {name: plugin.make(sources.chunks, every) for name, plugin in plugins.items()}
    return CustomRetriever(plugins, made)


def _self_query(sources: Sources, every: Retrievers) -> Retriever:
    grammar = GrammarUnderstander(sources.embed)
    return SelfQueryRetriever(
        sources.chunks,
        every,
        sources.schemas,
        {
            UnderstanderKind.GRAMMAR: grammar,
            UnderstanderKind.LLM: LlmUnderstander(sources.completion, grammar),
        },
    )


def _multimodal(sources: Sources, every: Retrievers) -> Retriever:
    visibility = Visibility(sources.chunks, sources.resident)
    field = FieldSearch(visibility, sources.fields, sources.field_index)
    return MultimodalRetriever(every, field, sources.image_embedders, sources.encoders)


# Spec -> maker of the strategy that it asks for.
RETRIEVERS: Mapping[type, Callable[[Sources, Retrievers], Retriever]] = {
    DenseSpec: _dense,
    LexicalSpec: _lexical,
    SentenceSpec: _sentence,
    HybridSpec: _hybrid,
    ParentDocumentSpec: _parent_document,
    MultiQuerySpec: _multi_query,
    HydeSpec: _hyde,
    CustomSpec: _custom,
    SelfQuerySpec: _self_query,
    MultimodalSpec: _multimodal,
}
