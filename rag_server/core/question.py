"""A question on its way through the query path."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Vector


class Encoder(Protocol):
    """Turns a question into a vector, perhaps from a cache."""

    def encode(self, text: str, tenant: str) -> tuple[Vector, bool]:
        """Unit float32 (d,) and whether it was cached for this tenant."""
        ...

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as chunks are embedded."""
        ...


class AskedQuestion:
    """A question whose vector is computed when first needed, as the stage "embed"."""

    def __init__(self, text: str, encoder: Encoder, call: Call) -> None:
        self.text = text
        self.cached = False
        self._encoder = encoder
        self._call = call
        self._vector: Vector | None = None

    def vector(self) -> Vector:
        """Unit float32 (d,)."""
        if self._vector is None:
            with self._call.stage("embed"):
                self._vector, self.cached = self._encoder.encode(
                    self.text, self._call.principal.tenant
                )
            self._call.usage.query_embeddings += not self.cached
            self._call.telemetry.cached("query_embedding", self.cached)
        return self._vector

    def reworded(self, text: str) -> "AskedQuestion":
        """Another question to the same collection."""
        return AskedQuestion(text, self._encoder, self._call)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as the chunks of the collection are embedded."""
        with self._call.stage("embed"):
            return self._encoder.passages(texts)
