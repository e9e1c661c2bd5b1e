"""Filters of the client, each beside what it means in plain Python, for property tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_, ge, gt, le, lt, or_
from random import Random
from typing import Any

from hypothesis import strategies as st

from rag_client import F, Filter

Fields = Mapping[str, Any]

_NAMES = ("a", "b", "c", "d", "e")
# Few of each kind, so that values meet; numbers that differ only where a double cannot.
_BOOLS = (True, False)
_INTS = (-1, 0, 1, 2, 3, 2**53, 2**53 + 1, 2**63 - 1)
_DOUBLES = (-1.0, -0.0, 0.5, 1.0, 2.0, 2.5, 2.0**53, 2.0**63, 1e300)
_STRINGS = ("", "a", "b", "B", "ab", "é", "\U0001f600", "\uffff")
_INSTANTS = tuple(datetime(2024, 1, day, second=1, tzinfo=UTC) for day in (1, 2, 3))
_ORDERED = (_INTS, _DOUBLES, _STRINGS, _INSTANTS)
_LISTED = (_INTS, _DOUBLES, _STRINGS)


def metadata(drawn: Random) -> dict[str, Any]:
    """Some fields; the same one holds values of other kinds from document to document."""
    return {name: _value(drawn) for name in _NAMES if drawn.random() < 0.7}


def _value(drawn: Random) -> Any:
    if drawn.random() < 0.3:
        kind = drawn.choice(_LISTED)
        return [drawn.choice(kind) for _ in range(drawn.randint(1, 3))]
    return drawn.choice(drawn.choice((_BOOLS, *_ORDERED)))


@dataclass(frozen=True)
class Condition:
    """`passes` says what `filter` ought to; it knows nothing of the server."""

    filter: Filter
    passes: Callable[[Fields], bool]

    def __repr__(self) -> str:
        return repr(self.filter)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return (
        "list"
        if isinstance(value, Sequence) and not isinstance(value, str)
        else type(value).__name__
    )


def _same(one: Any, other: Any) -> bool:
    if _kind(one) != _kind(other):
        return False
    if _kind(one) != "list":
        return bool(one == other)
    return len(one) == len(other) and all(map(_same, one, other))


def _holds(value: Any, item: Any) -> bool:
    return _kind(value) == "list" and any(_same(each, item) for each in value)


def _equal(name: str, value: Any) -> Condition:
    return Condition(F(name) == value, lambda fields: name in fields and _same(fields[name], value))


def _unequal(name: str, value: Any) -> Condition:
    return Condition(
        F(name) != value, lambda fields: name not in fields or not _same(fields[name], value)
    )


def _compared(name: str, test: Callable[[Any, Any], Any], value: Any) -> Condition:
    def passes(fields: Fields) -> bool:
        return (
            name in fields
            and _kind(fields[name]) == _kind(value)
            and bool(test(fields[name], value))
        )

    return Condition(test(F(name), value), passes)


def _among(name: str, values: list[Any]) -> Condition:
    def passes(fields: Fields) -> bool:
        held = fields.get(name)
        return any(_same(held, each) or _holds(held, each) for each in values)

    return Condition(F(name).is_in(values), passes)


def _not_among(name: str, values: list[Any]) -> Condition:
    among = _among(name, values)
    return Condition(F(name).not_in(values), lambda fields: not among.passes(fields))


def _containing(name: str, item: Any) -> Condition:
    return Condition(F(name).contains(item), lambda fields: _holds(fields.get(name), item))


def _lacking(name: str, item: Any) -> Condition:
    """It is not a list that has the item: there is no operator of its own for that."""
    return Condition(~F(name).contains(item), lambda fields: not _holds(fields.get(name), item))


def _present(name: str, there: bool) -> Condition:
    asked = F(name).exists() if there else F(name).missing()
    return Condition(asked, lambda fields: (name in fields) == there)


def _every(parts: Sequence[Condition]) -> Condition:
    together = reduce(and_, (each.filter for each in parts))
    return Condition(together, lambda fields: all(each.passes(fields) for each in parts))


def _some(parts: Sequence[Condition]) -> Condition:
    together = reduce(or_, (each.filter for each in parts))
    return Condition(together, lambda fields: any(each.passes(fields) for each in parts))


def _not(part: Condition) -> Condition:
    return Condition(~part.filter, lambda fields: not part.passes(fields))


_names = st.sampled_from((*_NAMES, "nowhere"))
_ordered = st.sampled_from([each for kind in _ORDERED for each in kind])
_scalars = st.one_of(st.booleans(), _ordered)
_lists = st.one_of(*(st.lists(st.sampled_from(kind), min_size=1, max_size=3) for kind in _LISTED))
_simple = st.one_of(
    st.builds(_equal, _names, _scalars | _lists),
    st.builds(_unequal, _names, _scalars | _lists),
    st.builds(_compared, _names, st.sampled_from((lt, le, gt, ge)), _ordered),
    st.builds(_among, _names, _lists),
    st.builds(_not_among, _names, _lists),
    st.builds(_containing, _names, _scalars),
    st.builds(_lacking, _names, _scalars),
    st.builds(_present, _names, st.booleans()),
)


def _nested(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.builds(_every, several) | st.builds(_some, several) | st.builds(_not, parts)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(_simple, _nested, max_leaves=8)
