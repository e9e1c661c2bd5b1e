"""What the metadata of a collection's documents means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rag_client.values import Value


class FieldType(StrEnum):
    """Type of a metadata field."""

    UNSPECIFIED = "unspecified"
    STRING = "string"
    INT64 = "int64"
    DOUBLE = "double"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    STRING_LIST = "string_list"


@dataclass(frozen=True, slots=True)
class MetadataField:
    """One metadata field: `unit` of its numbers ("minutes", "GB", "USD"), `values` that its texts
    may have (none: those that documents have), ascending where `ordered`, other names of it and,
    by value, of its values."""

    name: str
    type: FieldType
    description: str = ""
    unit: str = ""
    values: Sequence[str] = ()
    aliases: Sequence[str] = ()
    value_aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class MetadataSchema:
    """At most 64 fields, the most telling first."""

    fields: Sequence[MetadataField] = ()


@dataclass(frozen=True, slots=True)
class FieldCatalogue:
    """What documents hold in a field: distinct values (of a list: items) with their numbers of
    documents, the most frequent first; how many there are in all; the least and the greatest."""

    field: str
    type: FieldType
    values: tuple[tuple[Value, int], ...]
    distinct_count: int
    least: Value | None
    most: Value | None


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """The declared schema, if any, and what the documents hold at a revision."""

    declared: MetadataSchema | None
    catalogue: tuple[FieldCatalogue, ...]
    revision: int


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """What is wrong with a comparison; `suggestions` may have been meant."""

    field: str
    description: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilterVerdict:
    """What is wrong with a filter (nothing where empty), and how many documents pass it."""

    problems: tuple[FilterProblem, ...]
    document_count: int
