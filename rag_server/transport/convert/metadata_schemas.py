"""Metadata schemas and what documents hold."""

from collections.abc import Sequence

from ragrpc.v1 import collection_service_pb2, rag_service_pb2
from ragrpc.v1 import metadata_schema_pb2 as pb

from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.metadata_schema import (
    CollectionSchema,
    FieldCatalogue,
    FieldSchema,
    FieldType,
    MetadataSchema,
)
from rag_server.core.schema_check import Problem
from rag_server.core.schema_desk import Verdict
from rag_server.transport.convert.metadata import fill_value

_TYPES: dict[int, FieldType] = {
    number: FieldType(name.removeprefix("FIELD_TYPE_"))
    for name, number in pb.FieldType.items()
    if number
}


def schema_of(message: pb.MetadataSchema) -> MetadataSchema:
    """A schema whose fields have been checked. Raises InvalidRequest for a name that comes
    twice."""
    names = [each.name for each in message.fields]
    for at, name in enumerate(names):
        if name in names[:at]:
            path = f"metadata_schema.fields[{at}].name"
            raise InvalidRequest.of(Violation(path, "is the name of another field, too"))
    return MetadataSchema(tuple(map(_field, message.fields)))


def schema_message(schema: MetadataSchema) -> pb.MetadataSchema:
    """A schema."""
    return pb.MetadataSchema(fields=map(_field_message, schema.fields))


def schema_response(
    schema: CollectionSchema, revision: int, most_values: int
) -> collection_service_pb2.GetMetadataSchemaResponse:
    """What is known of a collection's metadata."""
    return collection_service_pb2.GetMetadataSchemaResponse(
        declared=schema_message(schema.declared) if schema.declared else None,
        catalogue=[_catalogue_message(each, most_values) for each in schema.catalogue],
        revision=revision,
    )


def verdict_response(verdict: Verdict) -> rag_service_pb2.ValidateFilterResponse:
    """What is to say about a filter."""
    return rag_service_pb2.ValidateFilterResponse(
        problems=map(_problem_message, verdict.problems), document_count=verdict.documents
    )


def _field(message: pb.MetadataField) -> FieldSchema:
    return FieldSchema(
        message.name,
        _TYPES[message.type],
        message.description,
        message.unit,
        tuple(message.values),
        tuple(message.aliases),
        tuple((each.value, tuple(each.aliases)) for each in message.value_aliases),
        message.ordered,
    )


def _field_message(field: FieldSchema) -> pb.MetadataField:
    return pb.MetadataField(
        name=field.name,
        type=f"FIELD_TYPE_{field.type}",
        description=field.description,
        unit=field.unit,
        values=field.values,
        aliases=field.aliases,
        value_aliases=_aliases(field.value_aliases),
        ordered=field.ordered,
    )


def _aliases(aliases: Sequence[tuple[str, tuple[str, ...]]]) -> list[pb.ValueAliases]:
    return [pb.ValueAliases(value=value, aliases=names) for value, names in aliases]


def _catalogue_message(seen: FieldCatalogue, most_values: int) -> pb.FieldCatalogue:
    message = pb.FieldCatalogue(
        field=seen.name, type=f"FIELD_TYPE_{seen.type}", distinct_count=seen.distinct
    )
    for value, count in seen.counts[:most_values]:
        entry = message.values.add(document_count=count)
        fill_value(value, entry.value)
    if seen.least is not None and seen.most is not None:
        fill_value(seen.least, message.least)
        fill_value(seen.most, message.most)
    return message


def _problem_message(problem: Problem) -> rag_service_pb2.FilterProblem:
    return rag_service_pb2.FilterProblem(
        field=problem.field,
        description=problem.description,
        suggestions=problem.suggestions,
    )
