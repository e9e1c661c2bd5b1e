"""The query path."""

from rag_server.cache.query_embeddings import QueryEmbeddings
from rag_server.composition.documents import safe_parsing
from rag_server.composition.generators import completion, default_generator
from rag_server.composition.parts import Parts
from rag_server.composition.rerankers import rerankers
from rag_server.core.pipeline import QueryPath
from rag_server.core.shown import QuestionImages
from rag_server.generators.completion import NoModel
from rag_server.indexes.fields.index import ExactFields
from rag_server.retrievers import Retrievers, Sources
from rag_server.text.citer import LexicalCiter


def query_path(parts: Parts) -> QueryPath:
    """From questions to hits and answers."""
    settings, engines = parts.settings, parts.engines
    model = completion(parts)
    encoders = {
        name: QueryEmbeddings(embedder, settings.embedder.query_cache_size)
        for name, embedder in engines.embedders.items()
    }
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
        completion=model,
        plugins=parts.plugins,
        schemas=parts.schemas,
        fields=engines.catalog.fields,
        field_index=ExactFields(engines.catalog.fields, settings.images.memory_bytes),
        image_embedders=engines.image_embedders,
        encoders=encoders,
    )
    return QueryPath(
        catalog=engines.catalog,
        encoders=encoders,
        retriever=Retrievers(sources),
        reranker=rerankers(parts, model),
        pipelines=parts.pipelines,
        default_pipeline=settings.retrieval.default_pipeline,
        generators=parts.generators,
        default_generator=default_generator(settings),
        citer=LexicalCiter(),
        reads=parts.pools.reads,
        assisted=parts.pools.reads if isinstance(model, NoModel) else parts.pools.models,
        images=QuestionImages(safe_parsing(settings, parts.pools)),
    )
