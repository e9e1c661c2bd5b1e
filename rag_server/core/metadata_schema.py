"""What the metadata of a collection's documents looks like: declared by its owner, seen in its
documents, or both."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rag_server.core.filters import kind_of
from rag_server.core.values import Metadata, Value


class FieldType(StrEnum):
    """Names of `ragrpc.v1.FieldType`."""

    STRING = "STRING"
    INT64 = "INT64"
    DOUBLE = "DOUBLE"
    BOOL = "BOOL"
    TIMESTAMP = "TIMESTAMP"
    STRING_LIST = "STRING_LIST"


# Types of which a value is a text.
TEXTUAL = frozenset({FieldType.STRING, FieldType.STRING_LIST})
NUMERIC = frozenset({FieldType.INT64, FieldType.DOUBLE})
_KINDS = {
    FieldType.STRING: "string",
    FieldType.STRING_LIST: "string",
    FieldType.INT64: "number",
    FieldType.DOUBLE: "number",
    FieldType.BOOL: "bool",
    FieldType.TIMESTAMP: "timestamp",
}


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One metadata field.

    `values` are those that occur or are allowed, ascending where `ordered`, which gives
    comparisons of a text a meaning; `aliases` are other names of the field, `value_aliases` those
    of its values; `unit` is that of its numbers; `least` and `most` bound what documents hold.
    `closed`: the owner declared the values, so that another one is impossible.
    """

    name: str
    type: FieldType
    description: str = ""
    unit: str = ""
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    value_aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ordered: bool = False
    closed: bool = False
    least: Value | None = None
    most: Value | None = None

    @property
    def kind(self) -> str:
        """Comparison class of its values, as `core.filters.kind_of` has it; of its items for
        a list."""
        return _KINDS[self.type]


@dataclass(frozen=True, slots=True)
class MetadataSchema:
    """The fields, the most telling first; names are distinct."""

    fields: tuple[FieldSchema, ...] = ()

    def field(self, name: str) -> FieldSchema | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class FieldCatalogue:
    """What documents hold in one field: distinct values (of a list: items) with the number of
    documents, the most frequent first, cut at a bound; least and greatest of all of them."""

    name: str
    type: FieldType
    counts: tuple[tuple[Value, int], ...] = ()
    distinct: int = 0
    documents: int = 0
    least: Value | None = None
    most: Value | None = None


@dataclass(frozen=True, slots=True)
class CollectionSchema:
    """The declared schema (None: there is none) and what the documents hold, by name."""

    declared: MetadataSchema | None = None
    catalogue: Sequence[FieldCatalogue] = ()

    def effective(self) -> MetadataSchema:
        """What questions and filters are understood against: declared fields with the values
        that occur added where none are declared, then the fields that nobody declared."""
        seen = {each.name: each for each in self.catalogue}
        declared = self.declared.fields if self.declared else ()
        known = [_completed(each, seen.get(each.name)) for each in declared]
        names = {each.name for each in declared}
        inferred = [_inferred(each) for each in self.catalogue if each.name not in names]
        return MetadataSchema((*known, *inferred))


def _completed(field: FieldSchema, seen: FieldCatalogue | None) -> FieldSchema:
    if seen is None or seen.type is not field.type:
        return replace(field, closed=bool(field.values))
    return replace(
        field,
        values=field.values or _texts(seen),
        closed=bool(field.values),
        least=seen.least,
        most=seen.most,
    )


def _inferred(seen: FieldCatalogue) -> FieldSchema:
    return FieldSchema(seen.name, seen.type, values=_texts(seen), least=seen.least, most=seen.most)


def _texts(seen: FieldCatalogue) -> tuple[str, ...]:
    return tuple(value for value, _ in seen.counts if isinstance(value, str))


@dataclass(slots=True)
class _Tally:
    """Counts of one field while documents go by."""

    type: FieldType
    counts: dict[Value, int] = field(default_factory=dict)
    documents: int = 0
    least: Value | None = None
    most: Value | None = None


class Tallies:
    """Counts what documents hold. A field whose values are of several types has the most general
    one (of numbers, or of texts) that all fit, or is left out."""

    def __init__(self) -> None:
        self._fields: dict[str, _Tally | None] = {}

    def add(self, metadata: Metadata, documents: int = 1) -> None:
        """Count so many documents with that metadata."""
        for name, value in metadata.items():
            tally = self._fields.get(name, _Tally(type_of(value)))
            self._fields[name] = _add(tally, value, documents)

    def catalogue(self, bound: int) -> tuple[FieldCatalogue, ...]:
        """What was counted, by name, at most `bound` values a field."""
        return tuple(
            _catalogue(name, tally, bound) for name, tally in sorted(self._fields.items()) if tally
        )


def type_of(value: Value) -> FieldType:
    """The type of a field that holds the value; lists of numbers count as numbers."""
    first = value[0] if isinstance(value, tuple) and value else value
    match first:
        case bool():
            return FieldType.BOOL
        case int():
            return FieldType.INT64
        case float():
            return FieldType.DOUBLE
        case str():
            return FieldType.STRING_LIST if isinstance(value, tuple) else FieldType.STRING
        case tuple():
            return FieldType.STRING_LIST
        case _:
            return FieldType.TIMESTAMP


def _add(tally: _Tally | None, value: Value, documents: int) -> _Tally | None:
    kind = type_of(value)
    if tally is None or kind_of_type(kind) != kind_of_type(tally.type):
        return None
    if kind is not tally.type:
        # A number that is fractional somewhere, a text that is a list somewhere.
        tally.type = FieldType.DOUBLE if kind in NUMERIC else FieldType.STRING_LIST
    tally.documents += documents
    items: tuple[Value, ...] = value if isinstance(value, tuple) else (value,)
    for item in dict.fromkeys(items):
        tally.counts[item] = tally.counts.get(item, 0) + documents
        tally.least = item if tally.least is None else min(tally.least, item)
        tally.most = item if tally.most is None else max(tally.most, item)
    return tally


def kind_of_type(type: FieldType) -> str:
    """Comparison class of a type's values."""
    return _KINDS[type]


def _catalogue(name: str, tally: _Tally, bound: int) -> FieldCatalogue:
    counts = sorted(tally.counts.items(), key=lambda each: (-each[1], _order(each[0])))
    return FieldCatalogue(
        name,
        tally.type,
        tuple(counts[:bound]),
        len(counts),
        tally.documents,
        tally.least,
        tally.most,
    )


def _order(value: Value) -> tuple[str, str]:
    return kind_of(value), str(value)
