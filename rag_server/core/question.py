"""A question on its way through the query path."""

from typing import Protocol

from rag_server.core.call import Call
from rag_server.core.documents import Vector


class Encoder(Protocol):
    """Turns a question into a vector, perhaps from a cache."""

    def encode(self, text: str, tenant: str) -> tuple[Vector, bool]:
        """Unit float32 (d,) and whether it was cached for this tenant."""
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
