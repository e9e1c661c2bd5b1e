"""From positions in a `str` to positions in its UTF-8 bytes."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from rag_server.core.values import Span


class ByteOffsets:
    """Where each character of a text begins in its UTF-8 bytes.

    Costs one pass over a text that is not ASCII (4 bytes of working memory a
    character, 8 kept) and next to nothing over one that is.
    """

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = None if text.isascii() else _starts(text)

    def byte(self, index: int) -> int:
        """Byte where character `index` begins, 0 <= index <= len(text)."""
        return index if self._starts is None else int(self._starts[index])

    def index(self, byte: int) -> int:
        """The character that begins at or before `byte`, 0 <= byte <= the text's bytes."""
        if self._starts is None:
            return byte
        return int(np.searchsorted(self._starts, byte, side="right")) - 1

    def bytes(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same for an int64 array of any shape."""
        return indices if self._starts is None else self._starts[indices]

    def spans(self, ranges: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
        """Byte spans of character ranges, in their order."""
        return tuple(Span(self.byte(start), self.byte(end)) for start, end in ranges)


def _starts(text: str) -> NDArray[np.int64]:
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    widths = 1 + (points >= 0x80) + (points >= 0x800).astype(np.int64) + (points >= 0x10000)
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(widths, dtype=np.int64)))
