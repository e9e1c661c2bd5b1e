"""How many tokens a piece may have beside the title of its document."""

from dataclasses import dataclass

from rag_server.ingestion.chunkers.costs import TokenOffsets

_SMALLEST = 64


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `max_tokens` of the embedder, whose own `tokens` are.

    A piece together with the title, of which the embedder sees at most
    `title_tokens`, fits into `window` tokens (those of the embedder less the
    special ones). A long title thus shrinks pieces, but never below 64 tokens.
    """

    tokens: TokenOffsets
    max_tokens: int = 200
    window: int = 254
    title_tokens: int = 64

    def beside(self, title: str) -> int:
        """Tokens that a piece of a document of that title may have."""
        seen = min(len(self.tokens(title)), self.title_tokens) if title else 0
        return min(self.max_tokens, max(_SMALLEST, self.window - seen))

    @property
    def fingerprint(self) -> str:
        """Tells bounds apart."""
        return f"{self.max_tokens}-{self.window}-{self.title_tokens}"
