"""Where numbers are."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# New numbers that are looked up one by one, at least; a share of all others.
_RECENT = 4_096
_RECENT_SHARE = 16


class Places:
    """Position of each of a growing sequence of distinct int64 numbers. One thread adds; others
    find what had been added before they began."""

    __slots__ = ("_known", "_recent")

    def __init__(self) -> None:
        # Ascending, with the position of each.
        self._known: tuple[Numbers, Numbers] = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._recent: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._known[0]) + len(self._recent)

    @property
    def nbytes(self) -> int:
        """Bytes of what is in order."""
        return sum(each.nbytes for each in self._known)

    def add(self, numbers: Numbers) -> None:
        """Append numbers that are not there yet."""
        first = len(self)
        if len(self._recent) + len(numbers) > max(_RECENT, len(self._known[0]) // _RECENT_SHARE):
            self._merge(numbers)
        else:
            self._recent.update((each, at) for at, each in enumerate(numbers.tolist(), first))

    def find(self, numbers: Numbers) -> Numbers:
        """The position of each; -1 where it is not there."""
        # In this order: what leaves the recent ones is known by then.
        recent = self._recent
        known, positions = self._known
        found = np.full(len(numbers), -1, np.int64)
        if len(known):
            at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            np.copyto(found, positions[at], where=known[at] == numbers)
        if recent:
            for index in np.flatnonzero(found < 0).tolist():
                found[index] = recent.get(int(numbers[index]), -1)
        return found

    def _merge(self, numbers: Numbers) -> None:
        known, positions = self._known
        recent = np.array([*self._recent], np.int64)
        together = np.concatenate((known, recent, numbers))
        places = np.concatenate((positions, np.arange(len(known), len(together))))
        order = np.argsort(together, kind="stable")
        self._known = (together[order], places[order])
        self._recent = {}
