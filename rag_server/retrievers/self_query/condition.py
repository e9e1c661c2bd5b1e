"""One condition on one field, before conditions are joined."""

from dataclasses import dataclass

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType
from rag_server.core.understanding import ClauseKind
from rag_server.core.values import Value

Test = tuple[Operator, Value]
_OPPOSITE = {
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
    Operator.LESS_THAN: Operator.GREATER_OR_EQUAL,
    Operator.LESS_OR_EQUAL: Operator.GREATER_THAN,
    Operator.GREATER_THAN: Operator.LESS_OR_EQUAL,
    Operator.GREATER_OR_EQUAL: Operator.LESS_THAN,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Tests of a field that hold together, read at words [first, last). `values`: texts that the
    field equals (or contains) one of, which join with those of other conditions."""

    field: FieldSchema
    kind: ClauseKind
    first: int
    last: int
    confidence: float
    tests: tuple[Test, ...] = ()
    values: tuple[str, ...] = ()
    negated: bool = False
    # How it was read, where a person would wonder.
    note: str = ""


def filter_of(condition: Condition) -> Filter:
    """The filter that it states, with its negation pushed down to the comparisons."""
    tests = condition.tests or (_membership(condition),)
    comparisons = [_comparison(condition.field, test, condition.negated) for test in tests]
    if len(comparisons) == 1:
        return comparisons[0]
    from_negation = any_of if condition.negated else all_of
    return from_negation(comparisons)


def all_of(filters: list[Filter]) -> Filter:
    """Conjunction, flat."""
    flat: list[Filter] = []
    for each in filters:
        flat.extend(each.filters if isinstance(each, AllOf) else (each,))
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(filters: list[Filter]) -> Filter:
    """Disjunction, flat."""
    flat: list[Filter] = []
    for each in filters:
        flat.extend(each.filters if isinstance(each, AnyOf) else (each,))
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def _membership(condition: Condition) -> Test:
    values = tuple(dict.fromkeys(condition.values))
    if len(values) > 1:
        return Operator.IN, values
    if condition.field.type is FieldType.STRING_LIST:
        return Operator.CONTAINS, values[0]
    return Operator.EQUAL, values[0]


def _comparison(field: FieldSchema, test: Test, negated: bool) -> Filter:
    operator, value = test
    if not negated:
        return Comparison(field.name, operator, value)
    if operator is Operator.CONTAINS and isinstance(value, str):
        return Comparison(field.name, Operator.NOT_IN, (value,))
    return Comparison(field.name, _OPPOSITE[operator], value)
