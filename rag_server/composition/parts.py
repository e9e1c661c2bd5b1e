"""Everything that the services are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag_server.composition.engines import Engines
from rag_server.composition.plugins import Plugins
from rag_server.composition.pools import Pools
from rag_server.core.collection_schemas import CollectionSchemas
from rag_server.core.documents import GenerationSettings
from rag_server.core.preparation import Preparation
from rag_server.core.protocols import Generator, PairScorer
from rag_server.core.specs import PipelineSpec
from rag_server.core.telemetry import Telemetry
from rag_server.settings import Settings

# Prepares documents for the generations with certain settings.
Preparations = Callable[[GenerationSettings], Preparation]


@dataclass(frozen=True, slots=True)
class Parts:
    """Built before anything is served; closed after."""

    settings: Settings
    telemetry: Telemetry
    engines: Engines
    pools: Pools
    pipelines: Mapping[str, PipelineSpec]
    generators: Mapping[type, Generator]
    pairs: PairScorer | None
    preparation: Preparations
    plugins: Plugins
    schemas: CollectionSchemas
