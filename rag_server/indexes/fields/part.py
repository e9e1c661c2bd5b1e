"""The vectors of one field of one collection."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag_server.core.protocols import FieldRows

# Blocks are joined up to so many vectors.
_BLOCK = 4_096
# What is dead is looked for after so many new vectors, at least, and when they have doubled.
_MANY = 1_000


class Part:
    """Blocks of vectors in the order of revisions. Who changes it holds `lock`; who reads takes
    `blocks`, which are never changed."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.applied = self.floor = 0
        self.used_at = 0.0
        self.blocks: tuple[FieldRows, ...] = ()
        self._tidied_at = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors."""
        return sum(each.vectors.nbytes for each in self.blocks)

    def __len__(self) -> int:
        return sum(len(each.documents) for each in self.blocks)

    def add(self, block: FieldRows) -> None:
        """The next revisions."""
        self.applied = block.upto
        if not len(block.documents):
            return
        last = self.blocks[-1:]
        if last and len(last[0].documents) + len(block.documents) <= _BLOCK:
            self.blocks = (*self.blocks[:-1], _joined(last[0], block))
        else:
            self.blocks = (*self.blocks, block)

    @property
    def needs_tidying(self) -> bool:
        """Whether so much was added that much of it may be dead."""
        return len(self) > 2 * self._tidied_at + _MANY

    def tidy(self, alive: NDArray[np.int64]) -> None:
        """Forget the vectors of all documents but those that are alive at the revision applied,
        from which on alone (`floor`) it then tells all."""
        self.blocks = tuple(
            kept for block in self.blocks if len((kept := _only(block, alive)).documents)
        )
        self._tidied_at, self.floor = len(self), self.applied


def _joined(one: FieldRows, other: FieldRows) -> FieldRows:
    return FieldRows(
        other.upto,
        np.concatenate((one.documents, other.documents)),
        np.concatenate((one.starts, other.starts)),
        np.concatenate((one.vectors, other.vectors)),
    )


def _only(block: FieldRows, alive: NDArray[np.int64]) -> FieldRows:
    kept = np.isin(block.documents, alive)
    return FieldRows(block.upto, block.documents[kept], block.starts[kept], block.vectors[kept])
