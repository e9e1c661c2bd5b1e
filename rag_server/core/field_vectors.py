"""What vector fields beside the chunks are made from, and their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag_server.core.content import ContentType, Modality, Parsed, Pixels
from rag_server.core.documents import Passage, Vector
from rag_server.core.protocols import Embedder, ImageEmbedder
from rag_server.core.table_descriptions import descriptions
from rag_server.core.values import Span

S = TypeVar("S")

# Version of how tables become texts.
_TABLES = "tables-1"
_WITH_TABLES = frozenset(
    (ContentType.MARKDOWN, ContentType.HTML, ContentType.DOCX, ContentType.CSV)
)
# Tokens of a document's title that an embedder may see, and those that it puts around a text.
_TITLE_TOKENS, _SPECIAL_TOKENS = 64, 2


@dataclass(frozen=True, slots=True)
class Wanted(Generic[S]):
    """A vector that a document is to have: of what stands for `span` of its text. `key` tells it
    by content and model, and by tenant, since what is known already must not tell one tenant of
    another's."""

    span: Span
    key: bytes
    source: S


class FieldVectors(Protocol[S]):
    """Makes the vectors of one field."""

    @property
    def modality(self) -> Modality:
        """The field."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change."""
        ...

    def reads(self, content_type: ContentType) -> bool:
        """Whether documents of that type may have such vectors."""
        ...

    def wanted(self, tenant: str, parsed: Parsed, chunks: Sequence[Span]) -> list[Wanted[S]]:
        """Those of a document that is cut into these chunks, in the order of its text; starts
        of spans ascend."""
        ...

    def embed(self, sources: Sequence[S]) -> list[Vector]:
        """Unit float32 (d,) of each, in order."""
        ...


class ImageVectors:
    """One vector of a document that is an image. Implements `FieldVectors`."""

    modality = Modality.IMAGE

    def __init__(self, embedder: ImageEmbedder) -> None:
        self._embedder = embedder
        self.fingerprint = embedder.fingerprint

    def reads(self, content_type: ContentType) -> bool:
        """Images alone."""
        return content_type is ContentType.IMAGE

    def wanted(self, tenant: str, parsed: Parsed, chunks: Sequence[Span]) -> list[Wanted[Pixels]]:
        """That of its pixels, for all of the text that stands for it."""
        del chunks
        pixels = parsed.pixels
        if pixels is None:
            return []
        size = b"%d %d" % (pixels.width, pixels.height)
        key = digest(tenant.encode(), self.fingerprint.encode(), b"image", size, pixels.data)
        return [Wanted(Span(0, len(parsed.text.encode())), key, pixels)]

    def embed(self, sources: Sequence[Pixels]) -> list[Vector]:
        """As the embedder does."""
        return [self._embedder.embed_image(rgb(each)) for each in sources]


class TableVectors:
    """A vector for each group of rows of each table. Implements `FieldVectors`."""

    modality = Modality.TABLE

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.fingerprint = f"{_TABLES} {embedder.fingerprint}"

    def reads(self, content_type: ContentType) -> bool:
        """Types whose parsers tell of tables."""
        return content_type in _WITH_TABLES

    def wanted(self, tenant: str, parsed: Parsed, chunks: Sequence[Span]) -> list[Wanted[Passage]]:
        """Those of the texts that describe its tables."""
        if not parsed.tables:
            return []
        tokens = self._embedder.token_offsets
        title = min(len(tokens(parsed.title)), _TITLE_TOKENS) if parsed.title else 0
        most = self._embedder.max_tokens - _SPECIAL_TOKENS - title
        shared = (tenant.encode(), self.fingerprint.encode(), b"table", parsed.title.encode())
        return [
            Wanted(
                each.span,
                digest(*shared, each.text.encode()),
                Passage(parsed.title, each.text, ()),
            )
            for each in descriptions(parsed, chunks, tokens, most)
        ]

    def embed(self, sources: Sequence[Passage]) -> list[Vector]:
        """As texts of chunks are embedded."""
        return [each.vector for each in self._embedder.embed_passages(sources)]


def rgb(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 (h, w, 3), read-only."""
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def digest(*parts: bytes) -> bytes:
    """SHA-256 over parts, each preceded by its length so that no two lists collide."""
    made = sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.digest()
