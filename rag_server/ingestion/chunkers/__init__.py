"""Ways of cutting a text into pieces worth embedding."""

from collections.abc import Callable, Mapping

from rag_server.core.protocols import Chunker
from rag_server.ingestion.chunkers.costs import TokenOffsets
from rag_server.ingestion.chunkers.recursive import RecursiveChunker


def _recursive(tokens: TokenOffsets, max_tokens: int) -> Chunker:
    return RecursiveChunker(tokens, max_tokens=max_tokens)


# Name -> maker; the arguments are the tokens of the embedder in use, and most of them a piece.
CHUNKERS: Mapping[str, Callable[[TokenOffsets, int], Chunker]] = {"recursive": _recursive}

__all__ = ["CHUNKERS", "TokenOffsets"]
