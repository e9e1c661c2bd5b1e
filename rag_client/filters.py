"""Filters over metadata, written as Python expressions.

    (F("year") >= 2025) & (F("team").is_in(["hr", "legal"]) | ~F("draft").exists())

Where a document lacks the field, every test is false except `!=`, `not_in` and
`missing`. Numbers compare as numbers, strings by code point, datetimes as instants;
values of different kinds are never equal and never ordered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from rag_client.errors import InvalidArgument
from rag_client.values import Scalar, Value, checked


class Operator(StrEnum):
    """Tests of one field; values of `ragrpc.v1.Operator` without their prefix."""

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


def _no_truth() -> NoReturn:
    raise TypeError(
        "a filter has no truth value: combine filters with & | ~ (each comparison in "
        "parentheses) instead of and/or/not, and write a range as two comparisons"
    )


class Filter:
    """A condition on a document's metadata; combine with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        return AllOf((*_operands(self, AllOf), *_operands(other, AllOf)))

    def __or__(self, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        return AnyOf((*_operands(self, AnyOf), *_operands(other, AnyOf)))

    def __invert__(self) -> "Filter":
        return Negated(self)

    def __bool__(self) -> NoReturn:
        _no_truth()


@dataclass(frozen=True, slots=True)
class Comparison(Filter):
    """A test of one field; `value` is as `values.checked` returns it."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class AllOf(Filter):
    """True when every operand is true."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Filter):
    """True when at least one operand is true."""

    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Negated(Filter):
    """True when the operand is false."""

    filter: Filter

    def __invert__(self) -> Filter:
        return self.filter


def _operands(filter: Filter, kind: type[AllOf] | type[AnyOf]) -> tuple[Filter, ...]:
    # Chains stay flat, since the server bounds the depth of a filter.
    return filter.filters if isinstance(filter, kind) else (filter,)


class F:
    """A metadata field by name; comparing it makes a Filter.

    Values are checked at once: InvalidArgument for what the contract cannot carry.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if not name:
            raise InvalidArgument.of("filter", "the name of a field must not be empty")
        self.name = name

    def _test(self, operator: Operator, value: object) -> Filter:
        return Comparison(self.name, operator, checked(f"filter.{self.name}", value))

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]  # the DSL's point
        return self._test(Operator.EQUAL, value)

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]  # the DSL's point
        return self._test(Operator.NOT_EQUAL, value)

    def __lt__(self, value: Scalar) -> Filter:
        return self._test(Operator.LESS_THAN, value)

    def __le__(self, value: Scalar) -> Filter:
        return self._test(Operator.LESS_OR_EQUAL, value)

    def __gt__(self, value: Scalar) -> Filter:
        return self._test(Operator.GREATER_THAN, value)

    def __ge__(self, value: Scalar) -> Filter:
        return self._test(Operator.GREATER_OR_EQUAL, value)

    def is_in(self, values: Iterable[Scalar]) -> Filter:
        """The field equals one of `values`, or is a list that shares an item with them."""
        return self._test(Operator.IN, _items(self.name, values))

    def not_in(self, values: Iterable[Scalar]) -> Filter:
        """Negation of `is_in`; true where the field is missing."""
        return self._test(Operator.NOT_IN, _items(self.name, values))

    def contains(self, value: Scalar) -> Filter:
        """The field is a list that has `value` as an item."""
        return self._test(Operator.CONTAINS, value)

    def exists(self) -> Filter:
        """The document has the field."""
        return self._test(Operator.EXISTS, True)

    def missing(self) -> Filter:
        """The document does not have the field."""
        return self._test(Operator.EXISTS, False)

    __hash__ = None  # type: ignore[assignment]  # == makes a filter, so F cannot be a key

    def __bool__(self) -> NoReturn:
        _no_truth()

    def __repr__(self) -> str:
        return f"F({self.name!r})"


def _items(name: str, values: Iterable[Scalar]) -> list[Scalar]:
    if isinstance(values, str):
        raise InvalidArgument.of(f"filter.{name}", "takes a list of values, not one string")
    return list(values)
