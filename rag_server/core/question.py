"""A question on its way through the query path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Embedding, Passage, Vector


@dataclass(frozen=True, slots=True)
class Encoded:
    """A question as the model sees it: unit float32 (d,), and the vectors of its tokens, as in
    Embedding, where the embedder keeps them."""

    vector: Vector
    tokens: NDArray[np.int8] | None = None


class Encoder(Protocol):
    """Turns a question into vectors, perhaps from a cache."""

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        """The question, and whether it was cached for this tenant."""
        ...

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as chunks are embedded."""
        ...


class PassageEncoder(Encoder, Protocol):
    """One that makes all that an embedder makes of a chunk."""

    def embeddings(self, passages: Sequence[Passage]) -> list[Embedding]:
        """Texts as chunks are embedded, in order."""
        ...


class AskedQuestion:
    """A question that is encoded when first needed, as the stage "embed"."""

    def __init__(self, text: str, encoder: Encoder, call: Call) -> None:
        self.text = text
        self.cached = False
        self._encoder = encoder
        self._call = call
        self._encoded: Encoded | None = None

    def vector(self) -> Vector:
        """Unit float32 (d,)."""
        return self._once().vector

    def tokens(self) -> NDArray[np.int8] | None:
        """int8 (t, k) as in Embedding; None where the embedder keeps none."""
        return self._once().tokens

    def _once(self) -> Encoded:
        if self._encoded is None:
            with self._call.stage("embed"):
                self._encoded, self.cached = self._encoder.encode(
                    self.text, self._call.principal.tenant
                )
            self._call.usage.query_embeddings += not self.cached
            self._call.telemetry.cached("query_embedding", self.cached)
        return self._encoded

    def reworded(self, text: str) -> "AskedQuestion":
        """Another question to the same collection."""
        return AskedQuestion(text, self._encoder, self._call)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as the chunks of the collection are embedded."""
        with self._call.stage("embed"):
            vectors = self._encoder.passages(texts)
        self._call.usage.text_embeddings += len(texts)
        return vectors
