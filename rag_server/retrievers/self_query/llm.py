"""The understander that asks a language model; the grammar stands behind it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from rag_server.core.call import Call
from rag_server.core.errors import PreconditionFailed, Unavailable
from rag_server.core.filters import SPELLINGS, Comparison, Filter, Operator
from rag_server.core.metadata_schema import TEXTUAL, FieldSchema, FieldType, MetadataSchema
from rag_server.core.protocols import Completion, Understander
from rag_server.core.retrieval import DegradationKind
from rag_server.core.understanding import Clause, ClauseKind, Understanding, fate_of
from rag_server.core.values import Span, Value

NAME = "llm"
_TEMPLATE = "understand"
# Values of a field that the model is told.
_MOST_VALUES = 40
_LISTED = frozenset({"in", "nin", "not_contains"})
_KINDS = {"number": ClauseKind.NUMBER, "timestamp": ClauseKind.DATE, "bool": ClauseKind.FLAG}
_SCALAR = {"type": ["string", "number", "boolean"]}


class LlmUnderstander:
    """Implements `Understander`. What the model says is held against the schema by whoever
    uses it; a clause whose quote is not in the question is none."""

    def __init__(self, completion: Completion, fallback: Understander) -> None:
        self._completion = completion
        self._fallback = fallback

    def understand(
        self, question: str, schema: MetadataSchema, today: date, threshold: float, call: Call
    ) -> Understanding:
        """As the model says; where it cannot, as the fallback does, which is reported."""
        variables = {"question": question, "today": today.isoformat(), "fields": _told(schema)}
        try:
            told = self._completion.complete(_TEMPLATE, variables, _json_schema(schema), call)
        except (Unavailable, PreconditionFailed) as error:
            call.degrade(DegradationKind.UNDERSTANDER_FELL_BACK, "understand", str(error))
            return self._fallback.understand(question, schema, today, threshold, call)
        found = (_clause(each, question, schema, threshold) for each in told["clauses"])
        clauses = sorted((each for each in found if each), key=lambda each: each.span)
        return Understanding(told["query"].strip() or question, tuple(clauses), source=NAME)


def _told(schema: MetadataSchema) -> list[Mapping[str, Any]]:
    return [
        {
            "name": each.name,
            "type": each.type.lower(),
            "unit": each.unit,
            "description": each.description,
            "values": each.values[:_MOST_VALUES],
            "ordered": each.ordered,
        }
        for each in schema.fields
    ]


def _json_schema(schema: MetadataSchema) -> Mapping[str, Any]:
    clause = {
        "field": {"enum": [each.name for each in schema.fields] or [""]},
        "op": {"enum": list(SPELLINGS)},
        "value": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]},
        "quote": {"type": "string"},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    }
    answer = {
        "query": {"type": "string"},
        "clauses": {"type": "array", "maxItems": 16, "items": _object(clause)},
    }
    return _object(answer)


def _object(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _clause(
    told: Mapping[str, Any], question: str, schema: MetadataSchema, threshold: float
) -> Clause | None:
    field = schema.field(told["field"])
    span = _span(told["quote"], question)
    meant = None if field is None else _filter(told["op"], told["value"], field)
    if field is None or span is None or meant is None:
        return None
    fate, reason = fate_of(told["confidence"], threshold)
    kind = _KINDS.get(field.kind, ClauseKind.VALUE)
    return Clause(meant, told["confidence"], span, kind, fate, reason)


def _span(quote: str, question: str) -> Span | None:
    start = question.casefold().find(quote.strip().casefold())
    if not quote.strip() or start < 0:
        return None
    before = len(question[:start].encode())
    said = question[start : start + len(quote.strip())]
    return Span(before, before + len(said.encode())) if said else None


def _filter(operator: str, value: Any, field: FieldSchema) -> Filter | None:
    """None where the value is none of the field's type, which no filter can say."""
    items = [_value(each, field) for each in (value if isinstance(value, list) else [value])]
    known = [each for each in items if each is not None]
    if len(known) < len(items):
        return None
    if field.ordered and operator in ("lt", "lte", "gt", "gte"):
        return _ranked(operator, known, field)
    if operator in _LISTED or len(known) > 1:
        negated = operator in ("nin", "not_contains", "ne")
        listed: Any = tuple(known)
        return Comparison(field.name, Operator.NOT_IN if negated else Operator.IN, listed)
    if operator == "eq" and field.type is FieldType.STRING_LIST:
        operator = "contains"
    return Comparison(field.name, SPELLINGS[operator], known[0])


def _ranked(operator: str, values: Sequence[Value], field: FieldSchema) -> Filter | None:
    if len(values) != 1 or values[0] not in field.values:
        return None
    at = field.values.index(str(values[0]))
    kept = {
        "lt": field.values[:at],
        "lte": field.values[: at + 1],
        "gt": field.values[at + 1 :],
        "gte": field.values[at:],
    }[operator]
    return Comparison(field.name, Operator.IN, kept) if kept else None


def _value(value: Any, field: FieldSchema) -> Value | None:
    if field.type in TEXTUAL:
        folded = {each.casefold(): each for each in field.values}
        return folded.get(str(value).casefold(), str(value))
    if field.type is FieldType.BOOL:
        return value if isinstance(value, bool) else None
    if field.type is FieldType.TIMESTAMP:
        return _instant(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _instant(value: Any) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
