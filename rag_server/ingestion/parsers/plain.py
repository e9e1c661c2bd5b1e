"""Plain text, and what is kept like it."""

from rag_server.core.content import Parsed
from rag_server.ingestion.parsers.encoding import decoded


class PlainParser:
    """Keeps the text as it is; plain text carries no title."""

    def parse(self, content: bytes) -> Parsed:
        """The content itself."""
        return Parsed(decoded(content))
