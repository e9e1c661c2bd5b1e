"""The distinct values of one metadata field, and which of them pass a comparison.

A value's code is its number; 0 is that of a missing field. What passes is found by looking
values up and by bisecting their order, with Python's own comparison: it is what
`core.filters.matches` says of each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_server.core.filters import Operator, kind_of
from rag_server.core.values import Value

Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]

MISSING = 0
# New values that are compared one by one before they are put in order.
UNORDERED = 512
_COMPARABLE = frozenset({"number", "string", "timestamp"})
# Exact types of nearly all values, found faster than `kind_of` finds them.
_KINDS: Mapping[type, str] = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    datetime: "timestamp",
}
_BELOW = (Operator.LESS_THAN, Operator.LESS_OR_EQUAL)
# Those whose bound lies before what equals it.
_BEFORE_EQUALS = (Operator.LESS_THAN, Operator.GREATER_OR_EQUAL)
_TESTS = {
    Operator.LESS_THAN: lt,
    Operator.LESS_OR_EQUAL: le,
    Operator.GREATER_THAN: gt,
    Operator.GREATER_OR_EQUAL: ge,
}


class Values:
    """Distinct values in the order in which they came. One thread adds; others look up."""

    __slots__ = ("_codes", "_holders", "_order", "values")

    def __init__(self) -> None:
        self.values: list[Value | None] = [None]
        self._codes: dict[Hashable, dict[Value, int]] = {}
        self._holders: dict[tuple[str, object], list[int]] = {}
        self._order = _Order({}, 1)

    def code(self, value: Value) -> int:
        """The code of a value, which is new to it at the first time."""
        known = self._codes.setdefault(_family(value), {})
        code = known.get(value)
        if code is None:
            code = len(self.values)
            self.values.append(value)
            if isinstance(value, tuple):
                for item in {(kind_of(each), each) for each in value}:
                    self._holders.setdefault(item, []).append(code)
            # Last: who finds it here finds the rest.
            known[value] = code
        return code

    def equal(self, value: Value) -> Sequence[int]:
        """Codes of what EQUAL passes: one at most."""
        code = self._codes.get(_family(value), {}).get(value)
        return () if code is None else (code,)

    def sharing(self, members: Iterable[tuple[str, object]]) -> Sequence[int]:
        """Codes of what IN passes, with the members that it names."""
        found: set[int] = set()
        for kind, item in members:
            known: Mapping[Any, int] = self._codes.get(kind, {})
            found.add(known.get(item, MISSING))
            found.update(self._holders.get((kind, item), ()))
        found.discard(MISSING)
        return sorted(found)

    def containing(self, item: Value) -> Sequence[int]:
        """Codes of what CONTAINS passes: lists with that item, ascending."""
        return tuple(self._holders.get((kind_of(item), item), ()))

    def ordered(self, operator: Operator, bound: Value, count: int) -> Mask:
        """Which codes below `count` one of the four orderings passes; bool (count,)."""
        kind = kind_of(bound)
        passing = np.zeros(count, np.bool_)
        if kind in _COMPARABLE:
            # Read once: another thread may put a newer one in its place.
            order = self._order
            low, high = order.cut(kind, operator, bound, self.values)
            ranks = order.ranks[:count]
            known = passing[: len(ranks)]
            np.greater_equal(ranks, low, out=known)
            known &= ranks < high
            test: Any = _TESTS[operator]
            for code in range(len(ranks), count):
                value = self.values[code]
                passing[code] = kind_of(value) == kind and test(value, bound)
        return passing

    def tidy(self, tolerated: int) -> None:
        """Put what came since the last time in order, where that is more than tolerated."""
        if len(self.values) - len(self._order.ranks) > tolerated:
            self._order = self._order.with_all(self.values)


class _Order:
    """Codes of comparable values, each kind in order, one kind after the other. `ranks`: the
    place of every code among them, -1 for what cannot be compared."""

    __slots__ = ("_kinds", "ranks")

    def __init__(self, kinds: Mapping[str, Codes], count: int) -> None:
        self._kinds = kinds
        self.ranks = np.full(count, -1, np.int32)
        together = np.concatenate([np.empty(0, np.int32), *kinds.values()])
        self.ranks[together] = np.arange(len(together), dtype=np.int32)

    def with_all(self, values: Sequence[Value | None]) -> "_Order":
        """The order of all values."""
        kinds = {kind: codes.tolist() for kind, codes in self._kinds.items()}
        for code in range(len(self.ranks), len(values)):
            kind = kind_of(values[code])
            if kind in _COMPARABLE:
                kinds.setdefault(kind, []).append(code)
        value_of: Any = values.__getitem__
        # Quick, since most of them are in order.
        ordered = {
            kind: np.array(sorted(codes, key=value_of), np.int32) for kind, codes in kinds.items()
        }
        return _Order(ordered, len(values))

    def cut(
        self, kind: str, operator: Operator, bound: Value, values: Sequence[Value | None]
    ) -> tuple[int, int]:
        """The half-open range of ranks of the kind on the operator's side of the bound."""
        first = 0
        for each, others in self._kinds.items():
            if each == kind:
                break
            first += len(others)
        codes: Any = self._kinds.get(kind, ())
        value_of: Any = values.__getitem__
        bisect = bisect_left if operator in _BEFORE_EQUALS else bisect_right
        at = bisect(codes, bound, key=value_of)
        low, high = (0, at) if operator in _BELOW else (at, len(codes))
        return first + low, first + high


def _family(value: object) -> Hashable:
    """Within a family `==` is what equality of values means; families are apart."""
    kind = _KINDS.get(type(value)) or kind_of(value)
    if not isinstance(value, tuple):
        return kind
    kinds = tuple(map(kind_of, value))
    alike = len(set(kinds)) == 1
    return ("list", kinds[0]) if alike else ("list", *kinds, len(kinds))
