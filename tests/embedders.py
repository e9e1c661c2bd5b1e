"""Embedders that tests put in the place of the model."""

import re
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from rag_server.core.documents import Embedding, Passage, Vector

_TOKEN = re.compile(r"\w+|[^\w\s]")


class HashingEmbedder:
    """Vectors that depend on the text alone and mean nothing, for filling large sets.
    Texts that differ in white space at most meet, as with the model, of which the server
    relies on that; sentence vectors are zero."""

    name = "hashing"
    fingerprint = "hashing-1"
    dimension = 384
    max_tokens = 256

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        return [token.span() for token in _TOKEN.finditer(text)]

    def embed_query(self, text: str) -> Vector:
        seed = int.from_bytes(sha256(" ".join(text.split()).encode()).digest()[:8])
        vector = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        unit: Vector = vector / np.linalg.norm(vector)
        return unit

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        return [self._embed(each) for each in passages]

    def _embed(self, passage: Passage) -> Embedding:
        text = f"{passage.title}\n{passage.text}" if passage.title else passage.text
        zeros = np.zeros((len(passage.sentences), self.dimension), dtype=np.int8)
        return Embedding(self.embed_query(text), zeros)


class SmallHashingEmbedder(HashingEmbedder):
    """Another model, with shorter vectors."""

    name = "hashing-small"
    fingerprint = "hashing-small-1"
    dimension = 96
