"""Vectors of questions, kept in the process."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Embedding, Passage
from rag_server.core.protocols import Embedder, TokenEmbedder
from rag_server.core.question import Encoded


class QueryEmbeddings:
    """An embedder of questions behind a least-recently-used cache of `size` vectors.

    Questions that differ only in white space share a vector. The vectors depend on the
    model alone, so they hold for every revision; a tenant's are its own, since whether a
    question was cached says that it was asked.
    """

    def __init__(self, embedder: Embedder, size: int) -> None:
        self._embedder = embedder
        self._size = size
        self._vectors: OrderedDict[tuple[str, str], Encoded] = OrderedDict()
        self._lock = Lock()

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        """The question, and whether it was cached for this tenant."""
        key = tenant, " ".join(text.split())
        with self._lock:
            known = self._vectors.get(key)
            if known is not None:
                self._vectors.move_to_end(key)
                return known, True
        encoded = self._encoded(key[1])
        with self._lock:
            self._vectors[key] = encoded
            if len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        return encoded, False

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as chunks are embedded; not kept."""
        embedded = self.embeddings([Passage("", text, ()) for text in texts])
        return np.stack([each.vector for each in embedded])

    def embeddings(self, passages: Sequence[Passage]) -> list[Embedding]:
        """Texts as chunks are embedded, in order; not kept."""
        return self._embedder.embed_passages(passages)

    def _encoded(self, text: str) -> Encoded:
        if isinstance(self._embedder, TokenEmbedder):
            return Encoded(*self._embedder.embed_query_tokens(text))
        return Encoded(self._embedder.embed_query(text))
