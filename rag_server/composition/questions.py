"""The query path, and the order of texts that come with a call."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag_server.cache.query_embeddings import QueryEmbeddings
from rag_server.composition.documents import safe_parsing
from rag_server.composition.generators import completion, default_generator
from rag_server.composition.parts import Parts
from rag_server.composition.rerankers import rerankers
from rag_server.core.pipeline import QueryPath
from rag_server.core.protocols import Completion, Reranker, Tokenising, Workers
from rag_server.core.question import PassageEncoder
from rag_server.core.reranking import RerankPath
from rag_server.core.shown import QuestionImages
from rag_server.core.specs import MaxSimSpec
from rag_server.generators.completion import NoModel
from rag_server.indexes.fields.index import ExactFields
from rag_server.retrievers import Retrievers, Sources
from rag_server.text.citer import LexicalCiter

# What Rerank does unless told otherwise: token vectors come from the pass that makes the others.
_DEFAULT_RERANKER = MaxSimSpec(weight=0.5)


def question_paths(parts: Parts) -> tuple[QueryPath, RerankPath]:
    """Both, over the same models and rerankers."""
    model = completion(parts)
    shared = _Shared(
        model,
        {
            name: QueryEmbeddings(embedder, parts.settings.embedder.query_cache_size)
            for name, embedder in parts.engines.embedders.items()
        },
        rerankers(parts, model),
        parts.pools.reads if isinstance(model, NoModel) else parts.pools.models,
    )
    return _query_path(parts, shared), _rerank_path(parts, shared)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What both paths work with; `assisted` are the threads of what asks a language model."""

    model: Completion
    encoders: Mapping[str, PassageEncoder]
    reranker: Reranker
    assisted: Workers


def _rerank_path(parts: Parts, shared: _Shared) -> RerankPath:
    """From texts that come with a call to their order."""
    embedder = parts.engines.embedder
    keeping = embedder.with_tokens() if isinstance(embedder, Tokenising) else None
    name = keeping.name if keeping else embedder.name
    return RerankPath(
        embedder=name,
        encoder=shared.encoders[name],
        reranker=shared.reranker,
        default=_DEFAULT_RERANKER if keeping else None,
        workers=parts.pools.reranks,
        assisted=shared.assisted,
    )


def _query_path(parts: Parts, shared: _Shared) -> QueryPath:
    """From questions to hits and answers."""
    settings, engines = parts.settings, parts.engines
    sources = Sources(
        chunks=engines.catalog.chunks,
        resident=engines.resident,
        reader=engines.catalog.reader,
        index=engines.index,
        freshness=engines.followers.vector,
        lexical=engines.lexical,
        lexical_freshness=engines.followers.lexical,
        exact_limit=settings.retrieval.exact_scan_limit,
        tail_limit=settings.retrieval.tail_limit,
        completion=shared.model,
        plugins=parts.plugins.retrievers,
        schemas=parts.schemas,
        embed=shared.encoders[engines.embedder.name].passages,
        fields=engines.catalog.fields,
        field_index=ExactFields(engines.catalog.fields, settings.images.memory_bytes),
        image_embedders=engines.image_embedders,
        encoders=shared.encoders,
    )
    return QueryPath(
        catalog=engines.catalog,
        encoders=shared.encoders,
        retriever=Retrievers(sources),
        reranker=shared.reranker,
        pipelines=parts.pipelines,
        default_pipeline=settings.retrieval.default_pipeline,
        generators=parts.generators,
        default_generator=default_generator(settings),
        citer=LexicalCiter(),
        reads=parts.pools.reads,
        assisted=shared.assisted,
        images=QuestionImages(safe_parsing(settings, parts.pools)),
    )
