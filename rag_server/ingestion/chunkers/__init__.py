"""Ways of cutting a text into pieces worth embedding."""

from collections.abc import Callable, Mapping

from rag_server.core.protocols import Chunker
from rag_server.ingestion.chunkers.costs import TokenOffsets
from rag_server.ingestion.chunkers.recursive import RecursiveChunker

# Name in the settings -> maker; the argument gives the tokens of the embedder in use.
CHUNKERS: Mapping[str, Callable[[TokenOffsets], Chunker]] = {"recursive": RecursiveChunker}

__all__ = ["CHUNKERS", "TokenOffsets"]
