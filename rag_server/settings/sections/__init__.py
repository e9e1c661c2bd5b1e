"""One small model per section."""

from rag_server.settings.sections.answers import Generation, OpenAi, Reranking, Resident, Retrieval
from rag_server.settings.sections.background import Jobs, Maintenance
from rag_server.settings.sections.base import Section
from rag_server.settings.sections.chroma import Chroma
from rag_server.settings.sections.documents import Chunking, Embedder, Images, Parsing, Streaming
from rag_server.settings.sections.observation import Logging, Tracing
from rag_server.settings.sections.serving import Auth, Pools, Server, Sidecar, Tls
from rag_server.settings.sections.stores import Backup, Catalog, Data

__all__ = [
    "Auth",
    "Backup",
    "Catalog",
    "Chroma",
    "Chunking",
    "Data",
    "Embedder",
    "Generation",
    "Images",
    "Jobs",
    "Logging",
    "Maintenance",
    "OpenAi",
    "Parsing",
    "Pools",
    "Reranking",
    "Resident",
    "Retrieval",
    "Section",
    "Server",
    "Sidecar",
    "Streaming",
    "Tls",
    "Tracing",
]
