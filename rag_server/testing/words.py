"""Words with vectors of their own, and texts of one word each, in memory."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import StoredChunk, Vector
from rag_server.core.retrieval import Candidate, StageScore
from rag_server.core.values import Span

DIMENSION = 8
WORDS = tuple(f"word{n}" for n in range(12))


def vector_of(word: str) -> Vector:
    """Unit float32 (8,), always the same of a word."""
    seed = int.from_bytes(sha256(word.encode()).digest()[:4])
    drawn = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


class WordQuestion:
    """A question whose vector, and that of its only token, is a word's. Implements
    `TokenQuestion`."""

    text = "word3 or word8?"

    def __init__(self, word: str) -> None:
        self._vector = vector_of(word)

    def vector(self) -> Vector:
        """Unit float32 (8,)."""
        return self._vector

    def tokens(self) -> NDArray[np.int8]:
        """int8 (1, 8)."""
        return _tokens(self._vector)


class WordContents:
    """Two texts for each of WORDS, which are equal. Implements `Contents`."""

    def __init__(self) -> None:
        self._words = [word for word in WORDS for _ in "ab"]

    def found(self) -> list[Candidate]:
        """All, as a retriever gives them: best first, equals in pairs."""
        places = range(len(self._words))
        scored = [(place, 1.0 - (place // 2) / 100) for place in places]
        return [
            Candidate(place, _id(place), score, (StageScore("dense", score, place + 1),))
            for place, score in scored
        ]

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        """Texts by row."""
        return {row: self._chunk(row) for row in self._present(rows)}

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        """Unit float32 (8,) by row."""
        return {row: vector_of(self._words[row]) for row in self._present(rows)}

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """int8 (1, 8) by row."""
        return {row: _tokens(vector) for row, vector in self.vectors_of(rows).items()}

    def _present(self, rows: Sequence[int]) -> list[int]:
        return [row for row in rows if row < len(self._words)]

    def _chunk(self, row: int) -> StoredChunk:
        text = self._words[row]
        return StoredChunk(row, _id(row), _id(row), 0, Span(0, len(text)), text, 1, "Title", {})


def _id(row: int) -> str:
    return f"d{row:02}"


def _tokens(vector: Vector) -> NDArray[np.int8]:
    tokens: NDArray[np.int8] = (vector[np.newaxis] * 127).astype(np.int8)
    return tokens
