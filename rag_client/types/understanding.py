"""How a question was understood."""

from dataclasses import dataclass
from enum import StrEnum

from rag_client.filters import Filter
from rag_client.values import Span


class ClauseKind(StrEnum):
    """What a condition was read from."""

    UNSPECIFIED = "unspecified"
    VALUE = "value"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    ORDER = "order"
    MIXED = "mixed"


class Fate(StrEnum):
    """What became of a condition."""

    UNSPECIFIED = "unspecified"
    FILTER = "filter"
    BOOST = "boost"
    RELAXED = "relaxed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition that the question seems to state at `span`; `confidence` 0 to 1. `filter` None:
    one that this client does not know."""

    filter: Filter | None
    confidence: float
    span: Span
    kind: ClauseKind
    fate: Fate
    reason: str


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that the question asks for at `span`."""

    field: str
    descending: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is left of the question as a topic, the filter that was searched with, every condition
    that was found, the order and the number of results (0: none) asked for; `source` names who
    understood it."""

    query: str
    filter: Filter | None
    clauses: tuple[Clause, ...]
    sort: Sort | None
    limit: int
    source: str
