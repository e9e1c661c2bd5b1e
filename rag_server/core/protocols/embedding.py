"""What makes vectors of texts and images."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Embedding, Passage, Vector


class Embedder(Protocol):
    """Turns text into unit vectors. Equal input gives equal output under one `fingerprint`."""

    @property
    def name(self) -> str:
        """Name for people, e.g. "all-MiniLM-L6-v2-int8"."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change: model, weights, pooling."""
        ...

    @property
    def dimension(self) -> int:
        """Length d of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are seen; what is beyond is cut."""
        ...

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Half-open character range of every token of `text`, ascending, nothing cut."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Unit float32 (d,) of a question of any length."""
        ...

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        """One Embedding per passage, in order."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder whose embeddings of passages hold the vectors of their tokens."""

    def embed_query_tokens(self, text: str) -> tuple[Vector, NDArray[np.int8]]:
        """The vector of a question, as `embed_query`, and those of its tokens, as in Embedding,
        from one pass of the model."""
        ...


class ImageEmbedder(Protocol):
    """Turns images into unit vectors. Equal input gives equal output under one `fingerprint`."""

    @property
    def name(self) -> str:
        """Name for people, which collections keep."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change."""
        ...

    @property
    def dimension(self) -> int:
        """Length d of a vector."""
        ...

    def embed_image(self, image: NDArray[np.uint8]) -> Vector:
        """Unit float32 (d,) of an upright image, uint8 (h, w, 3), red, green, blue; both sides
        of at least one pixel."""
        ...


@runtime_checkable
class Tokenising(Protocol):
    """Ability of an embedder to keep the vectors of tokens."""

    def with_tokens(self) -> TokenEmbedder:
        """The same model under a name and fingerprint of its own; its vectors are equal."""
        ...


@runtime_checkable
class WordedImageEmbedder(Protocol):
    """Optional ability of an image embedder: texts and images have their vectors in one space."""

    def embed_text(self, text: str) -> Vector:
        """Unit float32 (d,) of a text of any length: near those of the images that it suits."""
        ...
