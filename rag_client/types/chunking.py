"""How the documents of a collection are cut into chunks."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecursiveChunking:
    """By structure: sections, paragraphs, sentences, words. `max_tokens`, the longest chunk in
    tokens of the embedder, 16 to 8,192; None here and in the others: the server's default."""

    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class SentenceChunking:
    """Runs of whole sentences; a chunk begins with the last `overlap` (0 to 10, default 0)
    sentences of the one before it."""

    max_tokens: int | None = None
    overlap: int | None = None


@dataclass(frozen=True, slots=True)
class MarkdownChunking:
    """No chunk reaches over a heading, and each knows the headings it stands under; lists,
    tables and fenced code are kept whole where they fit."""

    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class CodeChunking:
    """Functions and classes are kept whole where they fit. `language`, such as "python";
    None: told from each document, by metadata "language", the suffix of its id, its content."""

    max_tokens: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class HierarchicalChunking:
    """Parents of at most `parent_tokens` (default 800), cut into chunks of at most `max_tokens`
    (default 100), each of which knows the span of its parent."""

    max_tokens: int | None = None
    parent_tokens: int | None = None


# What a collection may ask for.
Chunking = (
    RecursiveChunking | SentenceChunking | MarkdownChunking | CodeChunking | HierarchicalChunking
)

STRATEGIES: Mapping[str, type[Chunking]] = {
    "recursive": RecursiveChunking,
    "sentence": SentenceChunking,
    "markdown": MarkdownChunking,
    "code": CodeChunking,
    "hierarchical": HierarchicalChunking,
}
_NAMES = {kind: name for name, kind in STRATEGIES.items()}


def strategy_of(chunking: Chunking) -> str:
    """The name of its strategy, as in `STRATEGIES`."""
    return _NAMES[type(chunking)]
