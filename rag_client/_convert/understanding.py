"""How a question was understood, from messages."""

from ragrpc.v1 import filter_pb2, retrieval_pb2

from rag_client import types
from rag_client._convert.metadata import value_of
from rag_client._convert.parts import enum_of, span
from rag_client.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator


def understanding(message: retrieval_pb2.Understanding) -> types.Understanding:
    """An understanding."""
    return types.Understanding(
        message.query,
        _filter(message.filter),
        tuple(_clause(each) for each in message.clauses),
        _sort(message.sort) if message.HasField("sort") else None,
        message.limit,
        message.source,
    )


def _clause(message: retrieval_pb2.Clause) -> types.Clause:
    kinds, fates = types.ClauseKind, types.Fate
    pb = retrieval_pb2.Clause
    return types.Clause(
        _filter(message.filter),
        message.confidence,
        span(message.span),
        enum_of(kinds, "KIND_", pb.Kind, message.kind, kinds.UNSPECIFIED),
        enum_of(fates, "FATE_", pb.Fate, message.fate, fates.UNSPECIFIED),
        message.reason,
    )


def _sort(message: retrieval_pb2.Sort) -> types.Sort:
    return types.Sort(message.field, message.descending, span(message.span))


def _filter(message: filter_pb2.Filter) -> Filter | None:
    """None where there is none, or one that this client does not know."""
    match message.WhichOneof("kind"):
        case "comparison":
            return _comparison(message.comparison)
        case "all_of":
            found = _operands(message.all_of)
            return None if found is None else AllOf(found)
        case "any_of":
            found = _operands(message.any_of)
            return None if found is None else AnyOf(found)
        case "negated":
            operand = _filter(message.negated)
            return None if operand is None else Negated(operand)
        case _:
            return None


def _operands(message: filter_pb2.FilterList) -> tuple[Filter, ...] | None:
    found = [_filter(each) for each in message.filters]
    known = tuple(each for each in found if each is not None)
    return known if len(known) == len(found) else None


def _comparison(message: filter_pb2.Comparison) -> Filter | None:
    known = filter_pb2.Operator.DESCRIPTOR.values_by_number.get(message.operator)
    name = known.name.removeprefix("OPERATOR_") if known else ""
    value = value_of(message.value)
    if name not in Operator.__members__ or value is None:
        return None
    return Comparison(message.field, Operator(name), value)
