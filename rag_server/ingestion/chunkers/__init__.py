"""Ways of cutting a text into pieces worth embedding."""

from collections.abc import Callable, Mapping
from typing import Any

from rag_server.core.chunking import (
    CodeChunking,
    HierarchicalChunking,
    MarkdownChunking,
    RecursiveChunking,
    SentenceChunking,
)
from rag_server.core.protocols import Chunker
from rag_server.ingestion.chunkers.budget import Budget
from rag_server.ingestion.chunkers.code import CodeChunker
from rag_server.ingestion.chunkers.costs import TokenOffsets
from rag_server.ingestion.chunkers.hierarchical import HierarchicalChunker
from rag_server.ingestion.chunkers.markdown import MarkdownChunker
from rag_server.ingestion.chunkers.recursive import RecursiveChunker
from rag_server.ingestion.chunkers.sentence import SentenceChunker


def _recursive(spec: RecursiveChunking, tokens: TokenOffsets) -> Chunker:
    return RecursiveChunker(Budget(tokens, spec.max_tokens))


def _sentence(spec: SentenceChunking, tokens: TokenOffsets) -> Chunker:
    return SentenceChunker(Budget(tokens, spec.max_tokens), spec.overlap)


def _markdown(spec: MarkdownChunking, tokens: TokenOffsets) -> Chunker:
    return MarkdownChunker(Budget(tokens, spec.max_tokens))


def _code(spec: CodeChunking, tokens: TokenOffsets) -> Chunker:
    return CodeChunker(Budget(tokens, spec.max_tokens), spec.language)


def _hierarchical(spec: HierarchicalChunking, tokens: TokenOffsets) -> Chunker:
    return HierarchicalChunker(Budget(tokens, spec.max_tokens), spec.parent_tokens)


# Spec -> maker; the arguments are a spec of that type and the tokens of the embedder in use.
# A maker raises PreconditionFailed where an extra is missing that the strategy needs.
CHUNKERS: Mapping[type, Callable[[Any, TokenOffsets], Chunker]] = {
    RecursiveChunking: _recursive,
    SentenceChunking: _sentence,
    MarkdownChunking: _markdown,
    CodeChunking: _code,
    HierarchicalChunking: _hierarchical,
}

__all__ = ["CHUNKERS", "TokenOffsets"]
