"""What every stretch of a text costs in tokens, after one tokenisation of the whole."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Half-open character ranges of the tokens of a text, ascending by start, uncut and
# without special tokens.
TokenOffsets = Callable[[str], Sequence[tuple[int, int]]]

# No real token is longer. What is has been given up on by the tokenizer as one
# unknown token, or holds no token at all.
_LONGEST_TOKEN = 32


class Costs:
    """Token costs of character ranges, each in constant time.

    A token counts where it begins. A stretch of more than 32 visible characters
    without the beginning of a token counts by its UTF-8 bytes, which is the most
    tokens that any part of it can turn into when it is read by itself; white
    space counts one for 32 characters, so that no chunk grows without bound.
    """

    __slots__ = ("_before",)

    def __init__(self, text: str, tokens: TokenOffsets) -> None:
        offsets = tokens(text)
        starts = np.fromiter((start for start, _ in offsets), np.int64, len(offsets))
        weights = np.bincount(starts, minlength=len(text)).astype(np.int64)
        edges = np.concatenate(([0], starts, [len(text)]))
        for region in np.flatnonzero(np.diff(edges) > _LONGEST_TOKEN):
            begin, end = int(edges[region]), int(edges[region + 1])
            weights[begin:end] = np.maximum(weights[begin:end], _weights(text[begin:end]))
        # Tokens that begin before each character: ascending.
        self._before: NDArray[np.int64] = np.concatenate(([0], np.cumsum(weights)))

    def part(self, start: int, end: int) -> "Costs":
        """The costs of text[start:end], counted from `start`; shares memory with these."""
        own = object.__new__(Costs)
        own._before = self._before[start : end + 1]
        return own

    def of(self, start: int, end: int) -> int:
        """Tokens in text[start:end]."""
        return int(self._before[end] - self._before[start])

    def reach(self, start: int, budget: int) -> int:
        """The largest end for which text[start:end] costs at most `budget`."""
        limit = self._before[start] + budget
        return int(np.searchsorted(self._before, limit, side="right")) - 1


def _weights(region: str) -> NDArray[np.int64]:
    blank = np.fromiter(map(str.isspace, region), np.bool_, len(region))
    weights = np.zeros(len(region), dtype=np.int64)
    weights[::_LONGEST_TOKEN] = blank[::_LONGEST_TOKEN]
    if len(region) - int(blank.sum()) > _LONGEST_TOKEN:
        widths = np.fromiter((len(each.encode()) for each in region), np.int64, len(region))
        weights[~blank] = widths[~blank]
    return weights
