"""Ways of cutting a text into pieces worth embedding."""

from collections.abc import Callable, Mapping
from typing import Any

from rag_server.core.chunking import RecursiveChunking
from rag_server.core.protocols import Chunker
from rag_server.ingestion.chunkers.costs import TokenOffsets
from rag_server.ingestion.chunkers.recursive import RecursiveChunker


def _recursive(spec: RecursiveChunking, tokens: TokenOffsets) -> Chunker:
    return RecursiveChunker(tokens, max_tokens=spec.max_tokens)


# Spec -> maker; the arguments are a spec of that type and the tokens of the embedder in use.
CHUNKERS: Mapping[type, Callable[[Any, TokenOffsets], Chunker]] = {RecursiveChunking: _recursive}

__all__ = ["CHUNKERS", "TokenOffsets"]
