"""Orders and limits that a question asks for: "the three cheapest", "top 5 by downtime"."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.core.metadata_schema import NUMERIC, FieldSchema, FieldType, MetadataSchema
from rag_server.retrievers.self_query.lexicon import Lexicon
from rag_server.retrievers.self_query.numerals import quantity_at
from rag_server.retrievers.self_query.temporal import temporal_fields
from rag_server.retrievers.self_query.units import is_money, unit_named
from rag_server.retrievers.self_query.words import Word

# Superlative -> (what it measures, descending).
_SUPERLATIVES: dict[str, tuple[str, bool]] = {
    "latest": ("date", True),
    "newest": ("date", True),
    "freshest": ("date", True),
    "oldest": ("date", False),
    "earliest": ("date", False),
    "cheapest": ("money", False),
    "priciest": ("money", True),
    "dearest": ("money", True),
    "longest": ("time", True),
    "shortest": ("time", False),
    "heaviest": ("mass", True),
    "lightest": ("mass", False),
    "largest": ("size", True),
    "biggest": ("size", True),
    "smallest": ("size", False),
    "highest": ("", True),
    "lowest": ("", False),
    "best": ("", True),
    "worst": ("", False),
    "fewest": ("", False),
}
_MEASURED = {"expensive": "money", "recent": "date", "costly": "money"}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Words [first, last) ask for an order by `field`, and for at most `limit` results."""

    field: FieldSchema | None
    descending: bool
    limit: int | None
    first: int
    last: int


def ranking_of(words: Sequence[Word], schema: MetadataSchema, lexicon: Lexicon) -> Ranking | None:
    """The first order that the question asks for."""
    for at in range(len(words)):
        found = _at(words, schema, lexicon, at)
        if found is not None:
            return found
    return None


def _at(words: Sequence[Word], schema: MetadataSchema, lexicon: Lexicon, at: int) -> Ranking | None:
    texts = [word.fold for word in words[at : at + 2]]
    if texts[0] in ("top", "first") and len(texts) > 1:
        limit, last = _count(words, at + 1)
        if limit is None:
            return None
        field = _by(words, lexicon, last) or _named(words, lexicon, last)
        return Ranking(field, True, limit, at, last)
    measured = _measured(texts)
    if measured is None:
        return None
    measure, descending, length = measured
    first, last = at, at + length
    limit, last = _count(words, last)
    if limit is None and at > 0:
        limit, _ = _count(words, at - 1)
        first = at - (limit is not None)
    field = _named(words, lexicon, last) or _field(schema, measure)
    return Ranking(field, descending, limit, first, last)


def _measured(texts: Sequence[str]) -> tuple[str, bool, int] | None:
    if texts[0] in _SUPERLATIVES:
        return *_SUPERLATIVES[texts[0]], 1
    if len(texts) > 1 and texts[0] in ("most", "least") and texts[1] in _MEASURED:
        return _MEASURED[texts[1]], texts[0] == "most", 2
    return None


def _count(words: Sequence[Word], at: int) -> tuple[int | None, int]:
    """A plain number of results; "three years" is none."""
    found = quantity_at(words, at) if at < len(words) else None
    if found is None or found.unit is not None or found.open or not found.number.is_integer():
        return None, at
    return (int(found.number), found.last) if 1 <= found.number <= 1_000 else (None, at)


def _by(words: Sequence[Word], lexicon: Lexicon, first: int) -> FieldSchema | None:
    """The field of "... by downtime"."""
    for at in range(first, len(words) - 1):
        if words[at].fold == "by":
            return _named(words, lexicon, at + 1)
    return None


def _named(words: Sequence[Word], lexicon: Lexicon, at: int) -> FieldSchema | None:
    if at >= len(words):
        return None
    _, entries = lexicon.at(words, at)
    ordered = NUMERIC | {FieldType.TIMESTAMP}
    return next((each.field for each in entries if each.field.type in ordered), None)


def _field(schema: MetadataSchema, measure: str) -> FieldSchema | None:
    if measure == "date":
        return next(iter(temporal_fields(schema)), None)
    for each in schema.fields:
        unit = unit_named(each.unit)
        if each.type not in NUMERIC or unit is None:
            continue
        if unit.dimension == measure or (measure == "money" and is_money(unit)):
            return each
        if measure == "size" and unit.dimension in ("data", "area", "length"):
            return each
    return None
