"""Vectors of the first embeddings of a table, as many as there is room for."""

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Vector
from rag_server.indexes.resident.grown import Grown

Matrix = NDArray[np.float32]
Scores = NDArray[np.float32]
Slots = NDArray[np.int64]


class Vectors:
    """float32 (n, d) by embedding slot. One thread appends while others score."""

    def __init__(self, dimension: int, reserve: int) -> None:
        self._matrix = Grown(np.float32, (dimension,), reserve)

    def __len__(self) -> int:
        return len(self._matrix)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._matrix.nbytes

    def extend(self, vectors: Matrix) -> None:
        """Those of the next embedding slots."""
        self._matrix.extend(vectors)

    def products(self, slots: Slots, vector: Vector) -> Scores:
        """Cosines of ascending slots below the length, to a unit float32 (d,); the last bits
        depend on how many there are."""
        matrix = self._matrix.items
        first, last = int(slots[0]), int(slots[-1])
        if last - first + 1 == len(slots):
            return matrix[first : last + 1] @ vector
        return matrix[slots] @ vector

    def of(self, slots: Slots) -> Matrix:
        """float32 (n, d) of slots below the length."""
        rows: Matrix = self._matrix.items[slots]
        return rows


def cosines(matrix: Matrix, vector: Vector) -> Scores:
    """Of few unit vectors; the same to the last bit whatever stands beside a vector."""
    scores: Scores = (matrix * vector).sum(axis=1)
    return scores
