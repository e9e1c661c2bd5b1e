"""Vectors of questions, kept in the process."""

from collections import OrderedDict
from threading import Lock

from rag_server.core.documents import Vector
from rag_server.core.protocols import Embedder


class QueryEmbeddings:
    """An embedder of questions behind a least-recently-used cache of `size` vectors.

    Questions that differ only in white space share a vector. The vectors depend on the
    model alone, so they hold for every tenant and revision.
    """

    def __init__(self, embedder: Embedder, size: int) -> None:
        self._embedder = embedder
        self._size = size
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()

    def encode(self, text: str) -> tuple[Vector, bool]:
        """Unit float32 (d,) and whether it was cached."""
        key = " ".join(text.split())
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
                return vector, True
        vector = self._embedder.embed_query(key)
        with self._lock:
            self._vectors[key] = vector
            if len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        return vector, False
