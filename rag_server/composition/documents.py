"""The ingest path, and what collections are made with."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rag_server.composition.engines import Engines
from rag_server.composition.parts import Parts, Preparations
from rag_server.composition.pools import Pools, parsing_limits
from rag_server.core.chunking import STRATEGIES, ChunkingSpec
from rag_server.core.content import Modality
from rag_server.core.documents import GenerationSettings, VectorField
from rag_server.core.field_vectors import FieldVectors, ImageVectors, TableVectors
from rag_server.core.frames import Credits
from rag_server.core.ingest import IngestPath
from rag_server.core.ingest_session import StreamLimits
from rag_server.core.library import Library
from rag_server.core.pipeline import known_embedder
from rag_server.core.preparation import Preparation
from rag_server.ingestion.chunkers import CHUNKERS
from rag_server.ingestion.parsing import SafeParsing
from rag_server.settings import Settings


def safe_parsing(settings: Settings, pools: Pools) -> SafeParsing:
    """Parsing of what anybody sends."""
    return SafeParsing(
        parsing_limits(settings), pools.parsers, parses=pools.parses, writes=pools.writes
    )


def preparations(settings: Settings, engines: Engines, pools: Pools) -> Preparations:
    """One Preparation per recipe, kept."""
    parsing = safe_parsing(settings, pools)

    @lru_cache
    def preparation(settings: GenerationSettings) -> Preparation:
        make_chunker = CHUNKERS[type(settings.chunking)]
        embedder = known_embedder(settings.embedder, engines.embedders)
        return Preparation(
            parsing=parsing,
            chunker=make_chunker(settings.chunking, embedder.token_offsets),
            embedder=embedder,
            embeddings=engines.catalog.embeddings,
            writes=pools.writes,
            fields=[_field_vectors(each, engines) for each in settings.fields],
        )

    return preparation


def _field_vectors(field: VectorField, engines: Engines) -> FieldVectors[Any]:
    if field.modality is Modality.TABLE:
        return TableVectors(known_embedder(field.embedder, engines.embedders))
    return ImageVectors(known_embedder(field.embedder, engines.image_embedders))


def ingest_path(parts: Parts) -> IngestPath:
    """From documents to a commit."""
    return IngestPath(
        catalog=parts.engines.catalog,
        preparation=parts.preparation,
        commits=parts.pools.commits,
        notify=parts.engines.committed,
    )


def stream_limits(settings: Settings) -> StreamLimits:
    """What all streams of documents together may hold."""
    asked = settings.streaming
    return StreamLimits(
        streams=asked.max_streams,
        credits=Credits(asked.window_bytes, asked.window_items),
        max_item_bytes=settings.parsing.max_input_bytes,
        item_seconds=settings.server.max_deadline_seconds,
        idle_seconds=asked.idle_seconds,
    )


def chunking_check(engines: Engines) -> Callable[[ChunkingSpec], object]:
    """Raises what making a chunker of a spec raises."""
    return lambda spec: CHUNKERS[type(spec)](spec, engines.embedder.token_offsets)


def library(parts: Parts) -> Library:
    """Collections and documents. Raises where the default chunking cannot be had."""
    asked, engines, pools = parts.settings.chunking, parts.engines, parts.pools
    require = chunking_check(engines)
    chunking = STRATEGIES[asked.strategy](max_tokens=asked.max_tokens)
    require(chunking)
    defaults = GenerationSettings(engines.embedder.name, chunking)
    return Library(
        engines.catalog,
        pools.reads,
        pools.commits,
        defaults,
        require,
        engines.embedders,
        [VectorField(Modality.IMAGE, name) for name in engines.image_embedders],
    )
