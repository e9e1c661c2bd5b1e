"""How candidates are found, to and from messages, which have the same names and shape."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from google.protobuf.message import Message
from ragrpc.v1 import pipeline_pb2 as pb

from rag_client._convert.metadata import metadata_messages, metadata_of
from rag_client.errors import InvalidArgument
from rag_client.types import pipelines
from rag_client.types.pipelines import PipelineSpec, Reranker

# Messages that hold nothing but a oneof.
_CHOICES = {"Retriever", "Reranker"}
# By the names of their messages and enums.
_TYPES: Mapping[str, type] = {
    name: each
    for name, each in vars(pipelines).items()
    if isinstance(each, type) and is_dataclass(each)
}
_ENUMS: Mapping[str, type[StrEnum]] = {
    name: each
    for name, each in vars(pipelines).items()
    if isinstance(each, type) and issubclass(each, StrEnum)
}


def pipeline_message(spec: PipelineSpec) -> pb.PipelineSpec:
    """The message. Raises InvalidArgument for what is no strategy."""
    message = pb.PipelineSpec()
    _fill(spec, message, "spec")
    return message


def reranker_message(reranker: Reranker) -> pb.Reranker:
    """The message. Raises InvalidArgument for what is no reranker."""
    message = pb.Reranker()
    _choose(reranker, message, "reranker")
    return message


def pipeline(message: pb.PipelineSpec) -> PipelineSpec | None:
    """The spec; None for one with a strategy that this client does not know."""
    try:
        return PipelineSpec(_read(message.retriever), tuple(map(_read, message.rerankers)))
    except KeyError:
        return None


def _fill(value: Any, target: Message, path: str) -> None:
    for attribute in fields(value):
        name, item = attribute.name, getattr(value, attribute.name)
        if item is not None:
            _set(target, name, item, f"{path}.{name}")


def _set(target: Message, name: str, value: Any, path: str) -> None:
    if name in target.DESCRIPTOR.oneofs_by_name:
        _choose(value, target, path)
        return
    field = target.DESCRIPTOR.fields_by_name[name]
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        for key, message in metadata_messages(path, value).items():
            getattr(target, name)[key].CopyFrom(message)
    elif field.message_type is not None and field.is_repeated:
        for index, each in enumerate(value):
            _add(each, getattr(target, name).add(), f"{path}[{index}]")
    elif field.message_type is not None:
        _choose(value, getattr(target, name), path)
    elif field.enum_type is not None:
        setattr(target, name, _number(field, value, path))
    else:
        setattr(target, name, value)


def _add(value: Any, target: Message, path: str) -> None:
    """Make a new item of a list what a value is."""
    kind = target.DESCRIPTOR.name
    if kind in _CHOICES:
        _choose(value, target, path)
    elif type(value).__name__ == kind:
        _fill(value, target, path)
    else:
        raise InvalidArgument.of(path, f"must be a {kind}")


def _choose(value: Any, target: Message, path: str) -> None:
    """Set the alternative of a oneof whose message is named like the value's type."""
    kind = type(_known(value, path)).__name__
    for field in target.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.name == kind:
            chosen = getattr(target, field.name)
            chosen.SetInParent()
            _fill(value, chosen, path)
            return
    raise InvalidArgument.of(path, f"does not take a {kind}")


def _known(value: Any, path: str) -> Any:
    if type(value).__name__ not in _TYPES:
        raise InvalidArgument.of(path, f"must be one of {', '.join(_TYPES)}")
    return value


def _number(field: Any, value: Any, path: str) -> int:
    labels = field.enum_type
    assert labels is not None
    try:
        kind = _ENUMS[labels.name](value)
    except ValueError:
        known = ", ".join(_ENUMS[labels.name])
        raise InvalidArgument.of(path, f"must be one of {known}") from None
    return int(labels.values_by_name[f"{labels.name.upper()}_{kind.name}"].number)


def _read(message: Message) -> Any:
    """Raises KeyError for what is unknown."""
    if message.DESCRIPTOR.name in _CHOICES:
        strategy = message.WhichOneof("strategy")
        if strategy is None:
            raise KeyError(message.DESCRIPTOR.name)
        return _read(getattr(message, strategy))
    values: dict[str, Any] = {}
    for field, value in message.ListFields():
        values[_attribute(field)] = _value(field, value)
    return _TYPES[message.DESCRIPTOR.name](**values)


# Of a field's descriptor protobuf's types know two kinds, one of them private.
def _attribute(field: Any) -> str:
    """A oneof of several fields is one attribute; `optional` makes one of a single field."""
    group = field.containing_oneof
    alone = group is None or len(group.fields) == 1
    return str(field.name if alone else group.name)


def _value(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            return metadata_of(value)
        return tuple(map(_read, value)) if field.is_repeated else _read(value)
    if field.enum_type is not None:
        label = field.enum_type.values_by_number[value].name
        return _ENUMS[field.enum_type.name][label.removeprefix(f"{field.enum_type.name.upper()}_")]
    return value
