"""Metadata values and filters to and from messages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from ragrpc.v1 import filter_pb2, metadata_pb2

from rag_client.errors import InvalidArgument
from rag_client.filters import AllOf, AnyOf, Comparison, Filter, Negated
from rag_client.values import Metadata, Value, checked


def value_message(field: str, value: object) -> metadata_pb2.Value:
    """The message of a value; InvalidArgument names `field`."""
    match checked(field, value):
        case bool() as flag:
            return metadata_pb2.Value(bool_value=flag)
        case str() as text:
            return metadata_pb2.Value(string_value=text)
        case int() as number:
            return metadata_pb2.Value(int64_value=number)
        case float() as number:
            return metadata_pb2.Value(double_value=number)
        case datetime() as instant:
            return metadata_pb2.Value(timestamp_value=timestamp_message(instant))
        case items:
            return _list_message(items)


def _list_message(items: Any) -> metadata_pb2.Value:
    match items:
        case (int(), *_):
            return metadata_pb2.Value(int64_list=metadata_pb2.Int64List(values=items))
        case (float(), *_):
            return metadata_pb2.Value(double_list=metadata_pb2.DoubleList(values=items))
        case _:
            return metadata_pb2.Value(string_list=metadata_pb2.StringList(values=items))


def value_of(message: metadata_pb2.Value) -> Value | None:
    """The value of a message; None for a kind that this client does not know."""
    kind = message.WhichOneof("kind")
    if kind is None:
        return None
    if kind == "timestamp_value":
        return datetime_of(message.timestamp_value)
    content = getattr(message, kind)
    return tuple(content.values) if kind.endswith("_list") else content


def metadata_messages(field: str, metadata: Metadata) -> Mapping[str, metadata_pb2.Value]:
    """The messages of a document's metadata; InvalidArgument names the offending field."""
    if not all(isinstance(name, str) for name in metadata):
        raise InvalidArgument.of(field, "names must be strings")
    return {name: value_message(f"{field}.{name}", value) for name, value in metadata.items()}


def metadata_of(messages: Mapping[str, metadata_pb2.Value]) -> Metadata:
    """Metadata by name, ascending; kinds of value that are unknown here are left out."""
    metadata = {}
    for name in sorted(messages):
        value = value_of(messages[name])
        if value is not None:
            metadata[name] = value
    return metadata


def timestamp_message(instant: datetime) -> Timestamp:
    """The message of an aware datetime."""
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def datetime_of(message: Timestamp) -> datetime:
    """The instant in UTC, cut to microseconds."""
    return message.ToDatetime(tzinfo=UTC)


def filter_message(filter: Filter) -> filter_pb2.Filter:
    """The message of a filter; InvalidArgument where it is no finished filter."""
    match filter:
        case Comparison(field, operator, value):
            test = filter_pb2.Comparison(
                field=field,
                operator=f"OPERATOR_{operator}",
                value=value_message(f"filter.{field}", value),
            )
            return filter_pb2.Filter(comparison=test)
        case AllOf(filters):
            return filter_pb2.Filter(all_of=_list_of(filters))
        case AnyOf(filters):
            return filter_pb2.Filter(any_of=_list_of(filters))
        case Negated(operand):
            return filter_pb2.Filter(negated=filter_message(operand))
        case _:
            raise InvalidArgument.of("filter", f"is no filter but {type(filter).__name__}")


def _list_of(filters: tuple[Filter, ...]) -> filter_pb2.FilterList:
    return filter_pb2.FilterList(filters=[filter_message(each) for each in filters])
