"""What a question asks for besides its topic: conditions on metadata, an order, a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag_server.core.filters import Filter, conjunction
from rag_server.core.values import Span


class ClauseKind(StrEnum):
    """Names of `ragrpc.v1.Clause.Kind`: what a clause was read from."""

    VALUE = "VALUE"
    NUMBER = "NUMBER"
    DATE = "DATE"
    FLAG = "FLAG"
    ORDER = "ORDER"
    MIXED = "MIXED"


class Fate(StrEnum):
    """Names of `ragrpc.v1.Clause.Fate`: what became of a clause."""

    FILTER = "FILTER"
    BOOST = "BOOST"
    RELAXED = "RELAXED"
    DROPPED = "DROPPED"


# What is less likely to be a condition than not moves nothing.
_LIKELY = 0.5


def fate_of(confidence: float, threshold: float) -> tuple[Fate, str]:
    """What becomes of a condition read with that confidence, and why; 0 to 1 both."""
    if confidence >= threshold:
        return Fate.FILTER, ""
    if confidence >= _LIKELY:
        return Fate.BOOST, "below the confidence that a filter needs"
    return Fate.DROPPED, "more likely a part of the topic than a condition"


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition that the question seems to state. `confidence` is 0 to 1; `span` is where the
    question (UTF-8 bytes) says so; `reason` is one phrase for a person."""

    filter: Filter
    confidence: float
    span: Span
    kind: ClauseKind
    fate: Fate = Fate.FILTER
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that the question asks for; `span` is where."""

    field: str
    descending: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Understanding:
    """A question understood: `query` is what is left of it as a topic (never empty), `clauses`
    are in the order of their spans, together a conjunction; `limit` is the number of results
    that it names. `source` names who understood it."""

    query: str
    clauses: Sequence[Clause] = ()
    sort: Sort | None = None
    limit: int | None = None
    source: str = ""

    @property
    def filter(self) -> Filter | None:
        """The clauses that are filters, together."""
        kept = (each.filter for each in self.clauses if each.fate is Fate.FILTER)
        return conjunction(*kept)
