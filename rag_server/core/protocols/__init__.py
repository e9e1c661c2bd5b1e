"""Every extension point of the server, each of a few methods.

Unless a docstring says otherwise, methods are synchronous, run in a worker
thread, are thread-safe and raise only `rag_server.core.errors`.
"""

from rag_server.core.protocols.catalog import Catalog, CatalogAudit, KeyRecord, KeyStore, Pingable
from rag_server.core.protocols.collections import CollectionStore, GenerationStore
from rag_server.core.protocols.documents import (
    ChunkReader,
    ChunkStore,
    DocumentStore,
    EmbeddingStore,
)
from rag_server.core.protocols.embedding import (
    Embedder,
    ImageEmbedder,
    TokenEmbedder,
    Tokenising,
    WordedImageEmbedder,
)
from rag_server.core.protocols.feeds import Applier, Changes, Feed, Freshness, WordFeed
from rag_server.core.protocols.fields import FieldIndex, FieldRows, FieldStore, Place
from rag_server.core.protocols.generation import (
    Citer,
    Completion,
    Generator,
    StructuredGenerator,
    Support,
)
from rag_server.core.protocols.indexes import (
    InspectableIndex,
    InspectableLexicalIndex,
    LexicalIndex,
    RankedRows,
    VectorIndex,
)
from rag_server.core.protocols.ingestion import Chunker, Parser, Parsing
from rag_server.core.protocols.retrieval import (
    Contents,
    PairScorer,
    Question,
    Reranker,
    Reranking,
    Retriever,
    Search,
    SearchQuestion,
    TokenQuestion,
    Understander,
)
from rag_server.core.protocols.workers import Workers

__all__ = [
    "Applier",
    "Catalog",
    "CatalogAudit",
    "Changes",
    "ChunkReader",
    "ChunkStore",
    "Chunker",
    "Citer",
    "CollectionStore",
    "Completion",
    "Contents",
    "DocumentStore",
    "Embedder",
    "EmbeddingStore",
    "Feed",
    "FieldIndex",
    "FieldRows",
    "FieldStore",
    "Freshness",
    "GenerationStore",
    "Generator",
    "ImageEmbedder",
    "InspectableIndex",
    "InspectableLexicalIndex",
    "KeyRecord",
    "KeyStore",
    "LexicalIndex",
    "PairScorer",
    "Parser",
    "Parsing",
    "Pingable",
    "Place",
    "Question",
    "RankedRows",
    "Reranker",
    "Reranking",
    "Retriever",
    "Search",
    "SearchQuestion",
    "StructuredGenerator",
    "Support",
    "TokenEmbedder",
    "TokenQuestion",
    "Tokenising",
    "Understander",
    "VectorIndex",
    "WordFeed",
    "WordedImageEmbedder",
    "Workers",
]
