"""What of a question counts how much."""

from rag_server.core.protocols import Search
from rag_server.core.specs import LexicalSpec


def bigram_weight(search: Search) -> float:
    """Of a pair of neighbouring words, beside 1 for a word."""
    assert isinstance(search.spec, LexicalSpec)
    return search.spec.bigram_weight
