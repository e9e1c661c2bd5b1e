"""Embeddings by key, free of revisions."""

from collections.abc import Sequence

from rag_server.core.documents import Embedding
from rag_server.stores.catalog.blob import unpack_sentences, unpack_tokens, unpack_vectors
from rag_server.stores.catalog.cursor import Cursor

_KNOWN = "SELECT key, dimension, sentences, vector, tokens FROM embeddings WHERE key IN (*)"


class SqlEmbeddings:
    """Implements `EmbeddingStore`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Embedding]:
        """Those that are stored."""
        return {
            key: Embedding(
                unpack_vectors([vector])[0],
                unpack_sentences(sentences, dimension),
                unpack_tokens(tokens),
            )
            for key, dimension, sentences, vector, tokens in self._cursor.rows_in(_KNOWN, (), keys)
        }
