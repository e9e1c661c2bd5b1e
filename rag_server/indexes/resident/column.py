"""One metadata field of all documents, as codes of its distinct values."""

from collections.abc import Callable, Sequence
from operator import eq
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_server.core.filters import Comparison, Operator
from rag_server.indexes.resident.grown import Grown
from rag_server.indexes.resident.values import MISSING, Codes, Mask, Values

# Which codes pass, `MISSING` never.
Test = Callable[[Codes], Mask]

# A field is kept as the list of those documents that have it until these are so many, and one
# in so many of all: documents may bring any number of fields that no other has.
_RARE = 1_024
_RARE_SHARE = 8
# Up to this many codes are compared one after the other, which is quicker than a table.
_FEW = 4


class Column:
    """A code per document slot, `MISSING` where the field is not there. One thread adds;
    others read those documents that they know of."""

    __slots__ = ("_cells", "values")

    def __init__(self) -> None:
        self.values = Values()
        self._cells: _Rare | _Common = _Rare()

    @property
    def common(self) -> bool:
        """Whether it must hear of documents without the field, too."""
        return isinstance(self._cells, _Common)

    @property
    def nbytes(self) -> int:
        """Bytes of the codes."""
        return self._cells.nbytes

    def extend(self, slots: Sequence[int], codes: Sequence[int], total: int) -> None:
        """Add documents that have the field, ascending; of `total` documents by now."""
        self._cells.extend(slots, codes, total)
        if isinstance(self._cells, _Rare) and self._cells.count >= max(_RARE, total // _RARE_SHARE):
            self._cells = self._cells.made_common(total)

    def codes(self, count: int) -> Codes:
        """int32 (count,): the code of each of the first documents."""
        codes: Codes = np.full(count, MISSING, np.int32)
        slots, present = self._cells.present(count)
        codes[slots] = present
        return codes

    def passing(self, comparison: Comparison, count: int) -> Mask:
        """Which of the first `count` documents pass; bool (count,)."""
        value = comparison.value
        match comparison.operator:
            case Operator.EQUAL | Operator.NOT_EQUAL:
                test = _among(self.values.equal(value), len(self.values.values))
            case Operator.IN | Operator.NOT_IN:
                test = _among(self.values.sharing(comparison.members), len(self.values.values))
            case Operator.CONTAINS:
                test = _among(self.values.containing(value), len(self.values.values))
            case Operator.EXISTS:
                return self._existing(value, count)
            case operator:
                test = self.values.ordered(operator, value, len(self.values.values)).take
        passing = self._cells.passing(test, count)
        negated = comparison.operator in (Operator.NOT_EQUAL, Operator.NOT_IN)
        return np.logical_not(passing, out=passing) if negated else passing

    def _existing(self, value: object, count: int) -> Mask:
        """Where being there, or not, is what `value` says."""
        present = self._cells.passing(lambda codes: codes != MISSING, count)
        passing: Mask = (present & eq(value, True)) | (~present & eq(value, False))
        return passing


class _Rare:
    """Slots of documents that have the field, and their codes."""

    __slots__ = ("_codes", "_slots")

    def __init__(self) -> None:
        self._codes = Grown(np.int32)
        self._slots = Grown(np.int32)

    @property
    def count(self) -> int:
        return len(self._slots)

    @property
    def nbytes(self) -> int:
        return self._codes.nbytes + self._slots.nbytes

    def extend(self, slots: Sequence[int], codes: Sequence[int], total: int) -> None:
        del total
        self._codes.extend(np.array(codes, np.int32))
        # Last: who sees a slot finds its code.
        self._slots.extend(np.array(slots, np.int32))

    def present(self, count: int) -> tuple[NDArray[Any], Codes]:
        slots = self._slots.items
        slots = slots[: np.searchsorted(slots, count)]
        return slots, self._codes.items[: len(slots)]

    def passing(self, test: Test, count: int) -> Mask:
        slots, codes = self.present(count)
        mask = np.zeros(count, np.bool_)
        mask[slots[test(codes)]] = True
        return mask

    def made_common(self, total: int) -> "_Common":
        common = _Common()
        common.extend(*self.present(total), total)
        return common


class _Common:
    """A code for every document."""

    __slots__ = ("_codes",)

    def __init__(self) -> None:
        self._codes = Grown(np.int32)

    @property
    def nbytes(self) -> int:
        return self._codes.nbytes

    def extend(self, slots: Any, codes: Any, total: int) -> None:
        known = len(self._codes)
        added = np.full(total - known, MISSING, np.int32)
        added[np.asarray(slots, np.int64) - known] = codes
        self._codes.extend(added)

    def present(self, count: int) -> tuple[NDArray[Any], Codes]:
        codes = self._codes.items[:count]
        slots = np.flatnonzero(codes)
        return slots, codes[slots]

    def passing(self, test: Test, count: int) -> Mask:
        return test(self._codes.items[:count])


def _among(codes: Sequence[int], distinct: int) -> Test:
    """Passes those of `distinct` codes."""
    if len(codes) <= _FEW:
        return lambda found: _any_of(found, codes)
    table = np.zeros(distinct, np.bool_)
    table[np.asarray(codes)] = True
    return table.take


def _any_of(found: Codes, codes: Sequence[int]) -> Mask:
    mask: Mask = np.zeros(len(found), np.bool_) if not len(codes) else found == codes[0]
    for code in codes[1:]:
        mask |= found == code
    return mask
