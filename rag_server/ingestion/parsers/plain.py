"""Plain text."""

from rag_server.core.documents import Parsed


class PlainParser:
    """Keeps the text as it is; plain text carries no title."""

    def parse(self, content: str) -> Parsed:
        """The content itself."""
        return Parsed(content)
