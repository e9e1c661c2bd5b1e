"""Periods as conditions on a field of dates or years."""

from datetime import datetime, timedelta

from rag_server.core.filters import Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.understanding import ClauseKind
from rag_server.retrievers.self_query.anchoring import is_anchored, is_vague
from rag_server.retrievers.self_query.bounding import Bounded
from rag_server.retrievers.self_query.comparators import GE, LE, LT
from rag_server.retrievers.self_query.condition import Condition, Test
from rag_server.retrievers.self_query.periods import Grain, Period
from rag_server.retrievers.self_query.reading import Reading
from rag_server.retrievers.self_query.shape import Shape
from rag_server.retrievers.self_query.temporal import temporal_fields

_INSIDE = {"in", "from", "during", "within", "for", "on", "throughout"}
_NEAR = 5


def dated(
    reading: Reading, found: Bounded, schema: MetadataSchema, shape: Shape
) -> Condition | None:
    """The condition that a period states; None where no field holds dates, or where the period
    has no meaning for it."""
    period = found.piece.period
    candidates = temporal_fields(schema)
    if period is None or not candidates:
        return None
    field = _field(reading, found, candidates)
    tests = _tests(found, field)
    if not tests:
        return None
    confidence = _confidence(reading, found, shape, field)
    first = _with_preposition(reading, found)
    return Condition(field, ClauseKind.DATE, first, found.last, confidence, tests)


def _field(reading: Reading, found: Bounded, candidates: list[FieldSchema]) -> FieldSchema:
    """The one that is named nearest, before the period first."""
    for each in _nearby(reading, found):
        for field in each:
            if field in candidates:
                return field
    period = found.piece.period
    whole = period is not None and period.grain in (Grain.YEAR, Grain.YEARS)
    # A month says nothing to a field of years while another holds dates.
    fit = [each for each in candidates if whole or each.type is FieldType.TIMESTAMP]
    return (fit or candidates)[0]


def _nearby(reading: Reading, found: Bounded) -> list[tuple[FieldSchema, ...]]:
    before = [
        each.names
        for each in reversed(reading.pieces)
        if each.names and found.first - _NEAR <= each.first < found.piece.first
    ]
    behind = [
        each.names
        for each in reading.pieces
        if each.names and found.last <= each.first <= found.last + 1
    ]
    return before + behind


def _tests(found: Bounded, field: FieldSchema) -> tuple[Test, ...]:
    period = found.piece.period
    if period is None:
        return ()
    if found.upper is not None:
        upper = found.upper.period
        end = upper.end if upper is not None else None
        return _within(_aligned(period, upper), end, field)
    match found.bound.operator if found.bound else None:
        case Operator.GREATER_THAN:
            return _within(period.end, None, field)
        case Operator.GREATER_OR_EQUAL:
            return _within(period.start, None, field)
        case Operator.LESS_THAN:
            return _within(None, period.start, field)
        case Operator.LESS_OR_EQUAL:
            return _within(None, period.end, field)
        case _:
            return _within(period.start, period.end, field)


def _aligned(low: Period, high: Period | None) -> datetime:
    """The start of the lower end, in the year of the upper one where it names none."""
    if high is None or not low.yearless or high.yearless:
        return low.start
    try:
        start = low.start.replace(year=high.start.year)
        return start if start <= high.start else start.replace(year=start.year - 1)
    except ValueError:
        return low.start


def _within(start: datetime | None, end: datetime | None, field: FieldSchema) -> tuple[Test, ...]:
    """The half-open range [start, end) of instants, or of whole years."""
    if start is not None and end is not None and start >= end:
        return ()
    if field.type is FieldType.TIMESTAMP:
        tests = ((GE, start), (LT, end))
        return tuple((operator, value) for operator, value in tests if value is not None)
    return _years(start, end)


def _years(start: datetime | None, end: datetime | None) -> tuple[Test, ...]:
    first = None if start is None else start.year
    last = None if end is None else (end - timedelta(microseconds=1)).year
    if first is not None and first == last:
        return ((Operator.EQUAL, first),)
    tests: list[Test] = []
    if first is not None:
        tests.append((GE, first))
    if last is not None:
        tests.append((LE, last))
    return tuple(tests)


def _confidence(reading: Reading, found: Bounded, shape: Shape, field: FieldSchema) -> float:
    period = found.piece.period
    before = reading.words[found.first - 1].fold if found.first else ""
    named = reading.is_named(field, found.first, found.last)
    bound = found.bound is not None or found.upper is not None
    if period is None or not period.bare or bound or named:
        confidence = 0.92 if named or bound else 0.85
        if period is not None and period.yearless and not bound:
            confidence -= 0.1
        if found.bound is not None and not found.bound.temporal and period and period.bare:
            confidence -= 0.1
        if period is not None and not named and not bound:
            loose = not is_anchored(reading, found, shape) or _is_ahead(period, field)
            confidence -= 0.4 * (is_vague(reading, found) and loose)
        return confidence - 0.1 * (found.piece.first in shape.topic and not bound)
    return _bare(reading, found, shape, before) - 0.3 * _unheard_of(period, field)


def _bare(reading: Reading, found: Bounded, shape: Shape, before: str) -> float:
    """Four digits without a comparison: how surely they are a condition."""
    topical = found.first in shape.topic or found.first - 1 in shape.topic
    beside = _beside(reading, found, shape)
    if before in _INSIDE:
        return 0.65 if topical or shape.factual else 0.82
    if before == "of":
        return 0.8 if found.first - 2 in shape.heads and not topical else 0.4
    if topical or shape.factual:
        return 0.25
    return 0.7 if beside or before in ("or", "and", ",") else 0.4


def _beside(reading: Reading, found: Bounded, shape: Shape) -> bool:
    """Whether it stands at what is looked for: "2015 reports", "reports 2015"."""
    if found.last in shape.heads or found.first - 1 in shape.heads:
        return True
    pieces = (reading.piece_at(found.last), reading.piece_at(found.first - 1))
    return any(each is not None and bool(each.values) for each in pieces)


def _unheard_of(period: Period, field: FieldSchema) -> bool:
    """Whether no document is of that time, so that it rather is a topic."""
    least, most = field.least, field.most
    if isinstance(least, datetime) and isinstance(most, datetime):
        return period.end is not None and (period.end <= least or period.start > most)
    if isinstance(least, int) and isinstance(most, int):
        return not least <= period.start.year <= most
    return False


def _is_ahead(period: Period, field: FieldSchema) -> bool:
    """Whether it lies after everything there is: "is the office closed next week"."""
    return isinstance(field.most, datetime) and period.start > field.most


def _with_preposition(reading: Reading, found: Bounded) -> int:
    before = reading.words[found.first - 1].fold if found.first else ""
    return found.first - 1 if before in _INSIDE | {"of"} and found.bound is None else found.first
