"""Metadata schemas, catalogues and verdicts, to and from messages."""

from ragrpc.v1 import collection_service_pb2, rag_service_pb2
from ragrpc.v1 import metadata_schema_pb2 as pb

from rag_client import types
from rag_client._convert.metadata import value_of
from rag_client._convert.parts import enum_of
from rag_client.errors import InvalidArgument


def schema_message(schema: types.MetadataSchema | None) -> pb.MetadataSchema | None:
    """The message; None stays None."""
    if schema is None:
        return None
    return pb.MetadataSchema(fields=[_field_message(each) for each in schema.fields])


def schema(message: pb.MetadataSchema) -> types.MetadataSchema:
    """A schema."""
    return types.MetadataSchema(tuple(_field(each) for each in message.fields))


def collection_schema(
    message: collection_service_pb2.GetMetadataSchemaResponse,
) -> types.CollectionSchema:
    """What is known of a collection's metadata."""
    return types.CollectionSchema(
        schema(message.declared) if message.HasField("declared") else None,
        tuple(_catalogue(each) for each in message.catalogue),
        message.revision,
    )


def verdict(message: rag_service_pb2.ValidateFilterResponse) -> types.FilterVerdict:
    """What is to say about a filter."""
    found = (
        types.FilterProblem(each.field, each.description, tuple(each.suggestions))
        for each in message.problems
    )
    return types.FilterVerdict(tuple(found), message.document_count)


def _field_message(field: types.MetadataField) -> pb.MetadataField:
    if field.type not in list(types.FieldType)[1:]:
        known = ", ".join(list(types.FieldType)[1:])
        raise InvalidArgument.of(f"metadata_schema.{field.name}", f"type must be one of {known}")
    aliases = field.value_aliases.items()
    return pb.MetadataField(
        name=field.name,
        type=f"FIELD_TYPE_{types.FieldType(field.type).name}",
        description=field.description,
        unit=field.unit,
        values=field.values,
        aliases=field.aliases,
        value_aliases=[pb.ValueAliases(value=value, aliases=names) for value, names in aliases],
        ordered=field.ordered,
    )


def _field(message: pb.MetadataField) -> types.MetadataField:
    return types.MetadataField(
        message.name,
        _type(message.type),
        message.description,
        message.unit,
        tuple(message.values),
        tuple(message.aliases),
        {each.value: tuple(each.aliases) for each in message.value_aliases},
        message.ordered,
    )


def _catalogue(message: pb.FieldCatalogue) -> types.FieldCatalogue:
    values = ((value_of(each.value), each.document_count) for each in message.values)
    return types.FieldCatalogue(
        message.field,
        _type(message.type),
        tuple((value, count) for value, count in values if value is not None),
        message.distinct_count,
        value_of(message.least) if message.HasField("least") else None,
        value_of(message.most) if message.HasField("most") else None,
    )


def _type(number: int) -> types.FieldType:
    return enum_of(
        types.FieldType, "FIELD_TYPE_", pb.FieldType, number, types.FieldType.UNSPECIFIED
    )
