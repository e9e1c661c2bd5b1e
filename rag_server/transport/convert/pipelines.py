"""How candidates are found: between the contract's `PipelineSpec` and the core's, which have
the same shape. A message and its spec share the names of their fields; a oneof is a field."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any

from google.protobuf.message import Message
from ragrpc.v1 import pipeline_pb2 as pb

from rag_server.core.content import Modality
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.specs import (
    FUSION_SPECS,
    MAX_DEPTH,
    MAX_SEARCHES,
    RERANKER_SPECS,
    RETRIEVER_SPECS,
    Expansion,
    HybridSpec,
    Normalisation,
    ParentDocumentSpec,
    PipelineSpec,
    RerankerSpec,
    RetrieverSpec,
    SelfQuerySpec,
    UnderstanderKind,
    WeightedFieldSpec,
    WeightedSpec,
    depth_of,
    parts_of,
    searches_of,
)
from rag_server.transport.convert.metadata import fill_metadata, metadata

# By the name of a message.
_SPECS: Mapping[str, type] = {
    **{getattr(pb.Retriever(), name).DESCRIPTOR.name: s for name, s in RETRIEVER_SPECS.items()},
    **{getattr(pb.HybridRetriever(), name).DESCRIPTOR.name: s for name, s in FUSION_SPECS.items()},
    **{getattr(pb.Reranker(), name).DESCRIPTOR.name: s for name, s in RERANKER_SPECS.items()},
    "WeightedRetriever": WeightedSpec,
    "WeightedField": WeightedFieldSpec,
}
# Messages that hold nothing but a oneof.
_CHOICES = {"Retriever", "Reranker"}
_ENUMS: Mapping[str, type[StrEnum]] = {
    "Expansion": Expansion,
    "Modality": Modality,
    "Normalisation": Normalisation,
    "Understander": UnderstanderKind,
}
_TABLES: Sequence[Mapping[str, type]] = (RETRIEVER_SPECS, FUSION_SPECS, RERANKER_SPECS)
_CHOSEN: Mapping[type, str] = {spec: name for table in _TABLES for name, spec in table.items()}


def pipeline_of(message: pb.PipelineSpec, field: str = "spec") -> PipelineSpec:
    """The spec of a message whose fields have been checked; what is unset has its default.
    Raises InvalidRequest for one that nests too deep or asks for too much."""
    retriever: RetrieverSpec = _read(message.retriever)
    path = f"{field}.retriever"
    if depth_of(retriever) > MAX_DEPTH:
        raise InvalidRequest.of(Violation(path, f"nests over {MAX_DEPTH} strategies deep"))
    if searches_of(retriever) > MAX_SEARCHES:
        raise InvalidRequest.of(Violation(path, f"asks for over {MAX_SEARCHES} searches"))
    if _misplaced(retriever):
        wrong = (
            "parent_document and self_query may not be parts of a hybrid; the hybrid may be "
            "their base"
        )
        raise InvalidRequest.of(Violation(path, wrong))
    return PipelineSpec(retriever, tuple(map(_read, message.rerankers)))


def reranker_of(message: pb.Reranker) -> RerankerSpec:
    """The spec of a message whose fields have been checked; what is unset has its default."""
    spec: RerankerSpec = _read(message)
    return spec


def _misplaced(spec: RetrieverSpec) -> bool:
    """Whether a part of a hybrid would rank other texts than the others, or by other filters."""
    parts = list(parts_of(spec))
    if isinstance(spec, HybridSpec) and any(map(_stands_alone, parts)):
        return True
    return any(map(_misplaced, parts))


def _stands_alone(spec: RetrieverSpec) -> bool:
    alone = isinstance(spec, ParentDocumentSpec | SelfQuerySpec)
    return alone or any(map(_stands_alone, parts_of(spec)))


def fill_pipeline(spec: PipelineSpec, target: pb.PipelineSpec) -> None:
    """Put a spec with all its parameters into a message."""
    _choose(spec.retriever, target.retriever)
    for each in spec.rerankers:
        _choose(each, target.rerankers.add())


def _read(message: Message) -> Any:
    if message.DESCRIPTOR.name in _CHOICES:
        ((_, chosen),) = message.ListFields()
        return _read(chosen)
    values: MutableMapping[str, Any] = {}
    for field, value in message.ListFields():
        values[_attribute(field)] = _value(field, value)
    return _SPECS[message.DESCRIPTOR.name](**values)


def _attribute(field: Any) -> str:
    """A oneof of several fields is one attribute; `optional` makes one of a single field."""
    group = field.containing_oneof
    alone = group is None or len(group.fields) == 1
    return str(field.name if alone else group.name)


def _value(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        name = field.enum_type.values_by_number[value].name
        kind = _ENUMS[field.enum_type.name]
        return kind(name.removeprefix(f"{field.enum_type.name.upper()}_"))
    if field.message_type is None:
        return value
    if field.message_type.GetOptions().map_entry:
        return metadata(value, field.name)
    return tuple(map(_read, value)) if field.is_repeated else _read(value)


def _choose(spec: Any, target: Message) -> None:
    """Set the alternative of a oneof that a spec is."""
    chosen = getattr(target, _CHOSEN[type(spec)])
    chosen.SetInParent()
    _fill(spec, chosen)


def _fill(spec: Any, target: Message) -> None:
    for attribute in fields(spec):
        name, value = attribute.name, getattr(spec, attribute.name)
        if value is None:
            continue
        if name in target.DESCRIPTOR.oneofs_by_name:
            _choose(value, target)
        elif isinstance(value, tuple):
            for each in value:
                _fill(each, getattr(target, name).add())
        elif type(value) in _CHOSEN:
            _choose(value, getattr(target, name))
        elif isinstance(value, Mapping):
            fill_metadata(value, getattr(target, name))
        else:
            number = _number(value, target.DESCRIPTOR.fields_by_name[name])
            setattr(target, name, value if number is None else number)


def _number(value: Any, field: Any) -> int | None:
    """That of a label of an enum; None for other values."""
    labels = field.enum_type
    if labels is None:
        return None
    return int(labels.values_by_name[f"{labels.name.upper()}_{value}"].number)
