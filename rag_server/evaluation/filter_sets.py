"""Sets of questions with the filters that they mean, as their JSON files have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from rag_server.core.filters import SPELLINGS, AllOf, AnyOf, Comparison, Filter, Negated, Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.values import Metadata, Value

Json = Mapping[str, Any]
_ORDERED = {"lt", "lte", "gt", "gte"}


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question, the filter that it means (None: no condition), and the day it is asked on."""

    text: str
    filter: Filter | None
    today: date


def schema_of(text: Json) -> MetadataSchema:
    """`schema.json`. Raises ValueError, as do the others, naming what is wrong."""
    return MetadataSchema(tuple(map(_field, text["fields"])))


def metadata_of(text: Json, schema: MetadataSchema) -> Metadata:
    """The `metadata` of a document; what is null is missing."""
    return {
        name: _value(value, schema.field(name)) for name, value in text.items() if value is not None
    }


def question_of(text: Json, schema: MetadataSchema) -> LabelledQuestion:
    """A line of `questions.jsonl`."""
    today = text.get("today")
    day = date.fromisoformat(today[:10]) if today else datetime.now(UTC).date()
    label = text["filter"]
    return LabelledQuestion(text["question"], label and filter_of(label, schema), day)


def filter_of(text: Json, schema: MetadataSchema) -> Filter:
    """A filter in the sets' form. A comparison of a text whose values are ordered is the list of
    those that compare so."""
    match text:
        case {"and": operands}:
            return AllOf(tuple(filter_of(each, schema) for each in operands))
        case {"or": operands}:
            return AnyOf(tuple(filter_of(each, schema) for each in operands))
        case {"not": operand}:
            return Negated(filter_of(operand, schema))
        case {"field": name, "op": operator, "value": value}:
            return _comparison(name, operator, value, schema.field(name))
        case _:
            raise ValueError(f"no filter: {sorted(text)}")


def _comparison(name: str, operator: str, value: Any, field: FieldSchema | None) -> Filter:
    if operator not in SPELLINGS:
        raise ValueError(f"no operator: {operator}")
    if field is not None and field.ordered and operator in _ORDERED and value in field.values:
        return Comparison(name, Operator.IN, _ranked(operator, value, field.values))
    listed = field is not None and field.type is FieldType.STRING_LIST
    if operator == "eq" and listed and not isinstance(value, list):
        operator = "contains"
    if operator in ("not_contains", "in", "nin") or (operator == "ne" and listed):
        items = value if isinstance(value, list) else [value]
        kept = tuple(_value(each, field) for each in items)
        return Comparison(name, SPELLINGS["nin" if operator == "ne" else operator], kept)  # type: ignore[arg-type]  # of one kind
    return Comparison(name, SPELLINGS[operator], _value(value, field))


def _ranked(operator: str, value: str, values: Sequence[str]) -> tuple[str, ...]:
    at = values.index(value)
    kept = {"lt": values[:at], "lte": values[: at + 1], "gt": values[at + 1 :], "gte": values[at:]}
    return tuple(kept[operator])


def _field(text: Json) -> FieldSchema:
    values = tuple(map(str, text.get("values") or ()))
    aliases, of_values = _aliases(text.get("aliases"), values)
    order = text.get("ordered") or False
    return FieldSchema(
        text["name"],
        FieldType(text["type"].upper()),
        text.get("description") or "",
        text.get("unit") or "",
        tuple(map(str, order)) if isinstance(order, list) else values,
        aliases,
        of_values,
        bool(order),
    )


def _aliases(
    text: Any, values: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Other names of the field as a list; of values as {value: [alias]} or {alias: value}."""
    if not isinstance(text, dict):
        return tuple(map(str, text or ())), ()
    found: dict[str, list[str]] = {}
    for key, other in text.items():
        for each in other if isinstance(other, list) else [other]:
            value, alias = (each, key) if each in values and key not in values else (key, each)
            found.setdefault(str(value), []).append(str(alias))
    return (), tuple((value, tuple(names)) for value, names in found.items())


def _value(value: Any, field: FieldSchema | None) -> Value:
    if isinstance(value, list):
        return tuple(value)
    if field is not None and field.type is FieldType.TIMESTAMP and isinstance(value, str):
        return _instant(value)
    if field is not None and field.type is FieldType.DOUBLE and not isinstance(value, bool):
        return float(value)
    known: Value = value
    return known


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
