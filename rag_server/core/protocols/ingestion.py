"""What makes texts and chunks of documents."""

from collections.abc import Sequence
from typing import Protocol

from rag_server.core.call import Call
from rag_server.core.content import ContentType, Parsed
from rag_server.core.documents import Document, Piece


class Parser(Protocol):
    """Turns raw content into the text that is stored."""

    def parse(self, content: bytes) -> Parsed:
        """The text that a reader would see, with title and marks where it carries any.
        Raises InvalidRequest for content that cannot be read, PreconditionFailed where a
        library is missing."""
        ...


class Parsing(Protocol):
    """Parses whatever is sent, where and as far as that is safe. Asynchronous."""

    async def parse(self, document: Document, call: Call) -> Parsed:
        """As `Parser.parse`. Raises also InvalidRequest for a document over a limit,
        Unavailable, Exhausted, DeadlineExceeded."""
        ...


class Chunker(Protocol):
    """Cuts a text into pieces worth embedding."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever pieces may change."""
        ...

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Pieces that together hold every visible character of `text`, without white space at
        their ends; each fits the embedder together with the title. Empty for blank text.

        Starts and ends ascend; the spans are disjoint unless the strategy has an overlap.
        `hints`: what may name the document's programming language, by itself or by the
        suffix of its files ("python", "py"), in upper or lower case, the most telling first.
        """
        ...
