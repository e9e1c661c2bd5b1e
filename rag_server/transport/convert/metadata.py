"""Metadata values and filters."""

import math
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import Parse as ParseJson
from google.protobuf.json_format import ParseError
from google.protobuf.timestamp_pb2 import Timestamp
from ragrpc.v1 import filter_pb2 as pb
from ragrpc.v1 import metadata_pb2

from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.filters import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_OPERANDS,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Negated,
    Operator,
    kind_of,
)
from rag_server.core.values import Metadata, Value

MAX_FIELDS = 64
MAX_FIELD_NAME = 128
MAX_STRING = 4_096
MAX_LIST = 256
MAX_METADATA_BYTES = 64 * 1024
_ORDERED = {
    Operator.LESS_THAN,
    Operator.LESS_OR_EQUAL,
    Operator.GREATER_THAN,
    Operator.GREATER_OR_EQUAL,
}


def metadata(fields: Mapping[str, metadata_pb2.Value], path: str = "metadata") -> Metadata:
    """Metadata of a document. Raises InvalidRequest naming the field."""
    if len(fields) > MAX_FIELDS:
        raise _wrong(path, f"has {len(fields)} fields, at most {MAX_FIELDS} are allowed")
    if sum(len(name) + each.ByteSize() for name, each in fields.items()) > MAX_METADATA_BYTES:
        raise _wrong(path, f"is larger than {MAX_METADATA_BYTES} bytes")
    for name in fields:
        _check_name(name, path)
    return {name: value(each, f"{path}[{name}]") for name, each in fields.items()}


def value(message: metadata_pb2.Value, path: str) -> Value:
    """One value. Raises InvalidRequest when no kind is set or it is out of bounds."""
    match message.WhichOneof("kind"):
        case None:
            raise _wrong(path, "has no value; set exactly one kind")
        case "timestamp_value":
            return _instant(message.timestamp_value, path)
        case "string_list" | "int64_list" | "double_list" as kind:
            return _list(tuple(getattr(message, kind).values), path)
        case kind:
            return _scalar(getattr(message, kind), path)


def fill_metadata(fields: Metadata, target: MutableMapping[str, metadata_pb2.Value]) -> None:
    """Put the fields into a message's map."""
    for name, each in fields.items():
        fill_value(each, target[name])


def fill_value(each: Value, target: metadata_pb2.Value) -> None:
    """Put one value into its message."""
    match each:
        case bool():
            target.bool_value = each
        case int():
            target.int64_value = each
        case float():
            target.double_value = each
        case str():
            target.string_value = each
        case datetime():
            target.timestamp_value.FromDatetime(each)
        case tuple():
            _fill_list(each, target)


def timestamp(instant: datetime) -> Timestamp:
    """An aware instant as a message."""
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def filter_of(message: pb.Filter, path: str = "filter") -> Filter:
    """A filter tree. Raises InvalidRequest when it is malformed, too deep or too large."""
    return _Reader().filter(message, path, MAX_DEPTH)


def fill_filter(filter: Filter, target: pb.Filter) -> None:
    """Put a filter into a message."""
    match filter:
        case Comparison(field, test, operand):
            stated = pb.Comparison(field=field, operator=f"OPERATOR_{test}")
            target.comparison.CopyFrom(stated)
            fill_value(operand, target.comparison.value)
        case AllOf(filters):
            for each in filters:
                fill_filter(each, target.all_of.filters.add())
        case AnyOf(filters):
            for each in filters:
                fill_filter(each, target.any_of.filters.add())
        case Negated(operand):
            fill_filter(operand, target.negated)


def filter_from_json(text: str) -> Filter:
    """A filter from the contract's JSON form. Raises InvalidRequest."""
    try:
        return filter_of(ParseJson(text, pb.Filter()))
    except ParseError:
        raise _wrong("filter", "is no JSON form of ragrpc.v1.Filter") from None


class _Reader:
    """Reads one tree and counts its nodes."""

    def __init__(self) -> None:
        self._nodes = 0

    def filter(self, message: pb.Filter, path: str, depth: int) -> Filter:
        self._nodes += 1
        if depth <= 0 or self._nodes > MAX_NODES:
            raise _wrong(path, f"is beyond {MAX_DEPTH} levels or {MAX_NODES} nodes")
        match message.WhichOneof("kind"):
            case "comparison":
                return _comparison(message.comparison, f"{path}.comparison")
            case "all_of":
                return AllOf(self._operands(message.all_of, f"{path}.all_of", depth - 1))
            case "any_of":
                return AnyOf(self._operands(message.any_of, f"{path}.any_of", depth - 1))
            case "negated":
                return Negated(self.filter(message.negated, f"{path}.negated", depth - 1))
            case _:
                raise _wrong(path, "is empty; set comparison, all_of, any_of or negated")

    def _operands(self, message: pb.FilterList, path: str, depth: int) -> tuple[Filter, ...]:
        if not 1 <= len(message.filters) <= MAX_OPERANDS:
            raise _wrong(path, f"has {len(message.filters)} operands, 1 to {MAX_OPERANDS} allowed")
        return tuple(
            self.filter(each, f"{path}.filters[{i}]", depth)
            for i, each in enumerate(message.filters)
        )


def _comparison(message: pb.Comparison, path: str) -> Comparison:
    _check_name(message.field, path)
    if message.operator not in _OPERATORS:
        raise _wrong(f"{path}.operator", "is not set or unknown to this server")
    operator = _OPERATORS[message.operator]
    operand = value(message.value, f"{path}.value")
    _check_operand(operator, operand, f"{path}.value")
    return Comparison(message.field, operator, operand)


def _check_operand(operator: Operator, operand: Value, path: str) -> None:
    kind = kind_of(operand)
    if operator in (Operator.IN, Operator.NOT_IN) and kind != "list":
        raise _wrong(path, f"must be a list for {operator}")
    if operator is Operator.EXISTS and kind != "bool":
        raise _wrong(path, "must be a bool for EXISTS")
    if operator in _ORDERED and kind not in ("number", "string", "timestamp"):
        raise _wrong(path, f"must be a number, a string or a timestamp for {operator}")
    if operator is Operator.CONTAINS and kind == "list":
        raise _wrong(path, "must be a scalar for CONTAINS")


_OPERATORS: dict[int, Operator] = {
    number: Operator(name.removeprefix("OPERATOR_"))
    for name, number in pb.Operator.items()
    if number
}


def _check_name(name: str, path: str) -> None:
    if not 1 <= len(name.encode()) <= MAX_FIELD_NAME:
        raise _wrong(path, f"field names have 1 to {MAX_FIELD_NAME} bytes")


def _scalar(each: Any, path: str) -> Value:
    if isinstance(each, float) and not math.isfinite(each):
        raise _wrong(path, "must be finite")
    if isinstance(each, str) and len(each.encode()) > MAX_STRING:
        raise _wrong(path, f"is longer than {MAX_STRING} bytes")
    scalar: Value = each
    return scalar


def _list(items: tuple[Any, ...], path: str) -> Value:
    # Without an item its kind would be lost on the way back.
    if not items:
        raise _wrong(path, "must not be empty")
    if len(items) > MAX_LIST:
        raise _wrong(path, f"has {len(items)} items, at most {MAX_LIST} are allowed")
    for each in items:
        _scalar(each, path)
    return items


def _fill_list(items: tuple[Any, ...], target: metadata_pb2.Value) -> None:
    first = items[0] if items else 0
    if isinstance(first, str):
        target.string_list.values.extend(items)
    elif isinstance(first, float):
        target.double_list.values.extend(items)
    else:
        target.int64_list.SetInParent()
        target.int64_list.values.extend(items)


def _instant(message: Timestamp, path: str) -> datetime:
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _wrong(path, "is no instant between the years 1 and 9999") from None


def _wrong(path: str, description: str) -> InvalidRequest:
    return InvalidRequest.of(Violation(path, description))
