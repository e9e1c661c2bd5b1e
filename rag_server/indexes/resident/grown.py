"""Arrays that grow at their end while others read them."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_SMALLEST = 16


class Grown:
    """An append-only array of one dtype, its items of one `shape`. One thread writes; what
    another reads of `items` below a length that it saw stays as it was."""

    __slots__ = ("_capacity", "_length")

    def __init__(self, dtype: DTypeLike, shape: tuple[int, ...] = (), reserve: int = 0) -> None:
        """Room for `reserve` items; untouched memory costs nothing."""
        self._capacity: NDArray[Any] = np.empty((max(reserve, _SMALLEST), *shape), dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def items(self) -> NDArray[Any]:
        """All items: a view, into which the writer may set single ones."""
        # The length first: an array that took the place of this one holds as many.
        length = self._length
        return self._capacity[:length]

    @property
    def nbytes(self) -> int:
        """Bytes that are in use."""
        return self._length * self._capacity.strides[0]

    def extend(self, items: NDArray[Any]) -> None:
        """Append; bytes of a greater length than those before widen all of them."""
        end = self._length + len(items)
        wider = items.dtype.kind == "S" and items.dtype.itemsize > self._capacity.dtype.itemsize
        if wider or end > len(self._capacity):
            self._grow(end, items.dtype if wider else self._capacity.dtype)
        self._capacity[self._length : end] = items
        self._length = end

    def _grow(self, end: int, dtype: DTypeLike) -> None:
        room = end if end <= len(self._capacity) else max(end, len(self._capacity) * 3 // 2)
        grown = np.empty((max(room, len(self._capacity)), *self._capacity.shape[1:]), dtype)
        grown[: self._length] = self._capacity[: self._length]
        self._capacity = grown
