"""How a collection's documents are cut: one frozen type per strategy, and their JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

# Programming languages whose structure is known.
LANGUAGES = ("c", "cpp", "go", "java", "javascript", "python", "rust", "tsx", "typescript")


@dataclass(frozen=True, slots=True)
class RecursiveChunking:
    """By structure first (sections, paragraphs, sentences, words); at most `max_tokens` of
    the embedder a chunk."""

    max_tokens: int = 200


@dataclass(frozen=True, slots=True)
class SentenceChunking:
    """Whole sentences up to `max_tokens`; a chunk begins with the last `overlap` sentences of
    the one before it."""

    max_tokens: int = 200
    overlap: int = 0


@dataclass(frozen=True, slots=True)
class MarkdownChunking:
    """A chunk never reaches over a heading, and knows the headings it stands under."""

    max_tokens: int = 200


@dataclass(frozen=True, slots=True)
class CodeChunking:
    """By definitions of the source code. `language`: one of LANGUAGES; empty: told from the
    document."""

    max_tokens: int = 200
    language: str = ""


@dataclass(frozen=True, slots=True)
class HierarchicalChunking:
    """Parents of at most `parent_tokens`, cut into children of at most `max_tokens`. Children
    are embedded and searched, each with the span of its parent."""

    max_tokens: int = 100
    parent_tokens: int = 800


ChunkingSpec = (
    RecursiveChunking | SentenceChunking | MarkdownChunking | CodeChunking | HierarchicalChunking
)

STRATEGIES: Mapping[str, type[ChunkingSpec]] = {
    "recursive": RecursiveChunking,
    "sentence": SentenceChunking,
    "markdown": MarkdownChunking,
    "code": CodeChunking,
    "hierarchical": HierarchicalChunking,
}
_NAMES = {kind: name for name, kind in STRATEGIES.items()}


def strategy_of(spec: ChunkingSpec) -> str:
    """The name of a spec's strategy, as in `STRATEGIES`."""
    return _NAMES[type(spec)]


def encode_chunking(spec: ChunkingSpec) -> str:
    """Text for `decode_chunking`; equal for equal specs."""
    fields = {"strategy": strategy_of(spec), **asdict(spec)}
    return json.dumps(fields, separators=(",", ":"))


@lru_cache
def decode_chunking(encoded: str) -> ChunkingSpec:
    """What `encode_chunking` was given."""
    fields = json.loads(encoded)
    return STRATEGIES[fields.pop("strategy")](**fields)
