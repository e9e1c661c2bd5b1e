"""Filters held against the metadata schema that they are about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator, kind_of
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.values import Value

_SUGGESTIONS = 3
_SHOWN = 10
_ORDERING = frozenset(
    {
        Operator.LESS_THAN,
        Operator.LESS_OR_EQUAL,
        Operator.GREATER_THAN,
        Operator.GREATER_OR_EQUAL,
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a comparison cannot mean what was wanted; `suggestions` are names of fields or values
    that may have been meant, the likeliest first."""

    field: str
    description: str
    suggestions: tuple[str, ...] = ()


def problems(filter: Filter, schema: MetadataSchema) -> list[Problem]:
    """What is wrong with a filter, in its order; nothing where the schema knows every field,
    and every value is one that the field may have."""
    return [found for each in comparisons(filter) for found in _wrong(each, schema)]


def comparisons(filter: Filter) -> Iterator[Comparison]:
    """All comparisons of a filter, in its order."""
    match filter:
        case Comparison():
            yield filter
        case Negated(operand):
            yield from comparisons(operand)
        case AllOf(filters) | AnyOf(filters):
            for each in filters:
                yield from comparisons(each)


def _wrong(comparison: Comparison, schema: MetadataSchema) -> Iterator[Problem]:
    field = schema.field(comparison.field)
    if field is None:
        yield _unknown(comparison.field, schema)
    elif comparison.operator is not Operator.EXISTS:
        yield from _wrong_values(comparison, field)


def _unknown(name: str, schema: MetadataSchema) -> Problem:
    names = [each.name for each in schema.fields]
    return Problem(name, "there is no such field", _near(name, names) or tuple(names[:_SHOWN]))


def _wrong_values(comparison: Comparison, field: FieldSchema) -> Iterator[Problem]:
    if comparison.operator is Operator.CONTAINS and field.type is not FieldType.STRING_LIST:
        yield Problem(field.name, f"is a {field.type.lower()}, only lists contain something")
        return
    if comparison.operator in _ORDERING and field.type is FieldType.BOOL:
        yield Problem(field.name, "is a bool, which is not ordered")
        return
    for value in _items(comparison.value):
        kind = kind_of(value)
        if kind != field.kind:
            yield Problem(field.name, f"is a {field.type.lower()}, not a {kind}")
        elif _impossible(value, comparison.operator, field):
            near = _near(str(value), field.values) or field.values[:_SHOWN]
            yield Problem(field.name, "never has that value", near)


def _items(value: Value) -> tuple[Value, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,)


def _impossible(value: Value, operator: Operator, field: FieldSchema) -> bool:
    return field.closed and operator not in _ORDERING and value not in field.values


def _near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    by_fold = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), list(by_fold), n=_SUGGESTIONS, cutoff=0.6)
    return tuple(by_fold[each] for each in found)
