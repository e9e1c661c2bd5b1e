"""Typed filters over metadata, and what they mean.

`matches` is the reference: every faster evaluation must agree with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Any

from rag_server.core.values import Metadata, Value

MAX_DEPTH = 8
MAX_NODES = 256
MAX_OPERANDS = 64


class Operator(StrEnum):
    """Values of `ragrpc.v1.Operator` without their prefix."""

    EQUAL = "EQUAL"
    NOT_EQUAL = "NOT_EQUAL"
    LESS_THAN = "LESS_THAN"
    LESS_OR_EQUAL = "LESS_OR_EQUAL"
    GREATER_THAN = "GREATER_THAN"
    GREATER_OR_EQUAL = "GREATER_OR_EQUAL"
    IN = "IN"
    NOT_IN = "NOT_IN"
    CONTAINS = "CONTAINS"
    EXISTS = "EXISTS"


# As sets of questions and language models write them; a list lacks a value when it shares none.
SPELLINGS: Mapping[str, Operator] = {
    "eq": Operator.EQUAL,
    "ne": Operator.NOT_EQUAL,
    "lt": Operator.LESS_THAN,
    "lte": Operator.LESS_OR_EQUAL,
    "gt": Operator.GREATER_THAN,
    "gte": Operator.GREATER_OR_EQUAL,
    "in": Operator.IN,
    "nin": Operator.NOT_IN,
    "contains": Operator.CONTAINS,
    "not_contains": Operator.NOT_IN,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of one field."""

    field: str
    operator: Operator
    value: Value
    # The items of a list by kind, made once: a filter is tested on many documents.
    members: frozenset[tuple[str, object]] = dataclass_field(
        init=False, repr=False, compare=False, default=frozenset()
    )

    def __post_init__(self) -> None:
        if isinstance(self.value, tuple):
            members = frozenset((kind_of(each), each) for each in self.value)
            object.__setattr__(self, "members", members)


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every operand is true."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one operand is true."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """True when the operand is false."""

    filter: "Filter"


Filter = Comparison | AllOf | AnyOf | Negated


def matches(filter: Filter, metadata: Metadata) -> bool:
    """Whether a document with `metadata` passes `filter`.

    Where the field is missing, every operator is false except NOT_EQUAL and
    NOT_IN (the negations of EQUAL and IN) and EXISTS against False.
    """
    match filter:
        case AllOf(filters):
            return all(matches(each, metadata) for each in filters)
        case AnyOf(filters):
            return any(matches(each, metadata) for each in filters)
        case Negated(operand):
            return not matches(operand, metadata)
        case Comparison(field, Operator.IN):
            return _shares(metadata.get(field), filter.members)
        case Comparison(field, Operator.NOT_IN):
            return not _shares(metadata.get(field), filter.members)
        case Comparison(field, operator, value):
            return _TESTS[operator](metadata.get(field), value)


def conjunction(*filters: Filter | None) -> Filter | None:
    """All of the given filters together; None where there is none."""
    present = tuple(each for each in filters if each is not None)
    return AllOf(present) if len(present) > 1 else (present[0] if present else None)


def kind_of(value: object) -> str:
    """Comparison class of a value: values of different kinds are never equal."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case datetime():
            return "timestamp"
        case tuple():
            return "list"
        case _:
            return "missing"


def _equal(left: Any, right: Any) -> bool:
    if kind_of(left) != kind_of(right):
        return False
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _shares(value: Any, members: frozenset[tuple[str, object]]) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return any((kind_of(item), item) in members for item in items)


def _contains(left: Any, right: Any) -> bool:
    return isinstance(left, tuple) and any(_equal(item, right) for item in left)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    comparable = {"number", "string", "timestamp"}
    return lambda left, right: (
        kind_of(left) == kind_of(right) and kind_of(left) in comparable and test(left, right)
    )


_TESTS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: _equal,
    Operator.NOT_EQUAL: lambda left, right: not _equal(left, right),
    Operator.LESS_THAN: _ordered(lt),
    Operator.LESS_OR_EQUAL: _ordered(le),
    Operator.GREATER_THAN: _ordered(gt),
    Operator.GREATER_OR_EQUAL: _ordered(ge),
    Operator.CONTAINS: _contains,
    Operator.EXISTS: lambda left, right: (left is not None) == right,
}
