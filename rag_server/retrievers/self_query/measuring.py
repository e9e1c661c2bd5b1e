"""Numbers as conditions on a numeric field."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag_server.core.filters import Operator
from rag_server.core.metadata_schema import NUMERIC, FieldSchema, FieldType, MetadataSchema
from rag_server.core.understanding import ClauseKind
from rag_server.retrievers.self_query.bounding import Bounded
from rag_server.retrievers.self_query.comparators import GE, LE, LT
from rag_server.retrievers.self_query.condition import Condition, Test
from rag_server.retrievers.self_query.numerals import Quantity
from rag_server.retrievers.self_query.periods import months_before
from rag_server.retrievers.self_query.reading import Piece, Reading
from rag_server.retrievers.self_query.shape import Shape
from rag_server.retrievers.self_query.temporal import is_year, temporal_fields
from rag_server.retrievers.self_query.units import Unit, converted, is_money, unit_named

# A number without unit or name is believed up to that much beyond what documents hold.
_PLAUSIBLE = 10.0
_USUAL = 1e4
_UNIT_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class _Choice:
    field: FieldSchema
    confidence: float
    named: bool


def measured(
    reading: Reading, found: Bounded, schema: MetadataSchema, shape: Shape, today: date
) -> Condition | None:
    """The condition that a number states; None where no field fits it."""
    quantity = found.piece.quantity
    if quantity is None:
        return None
    age = _age(found, quantity, schema, today)
    if age is not None:
        return age
    choice = _choose(reading, found, quantity, schema)
    if choice is None:
        return None
    tests = _tests(found, quantity, choice.field)
    if not tests or not _possible(tests, choice.field):
        return None
    confidence = choice.confidence + _context(reading, found, shape, choice)
    return Condition(choice.field, ClauseKind.NUMBER, found.first, found.last, confidence, tests)


def _choose(
    reading: Reading, found: Bounded, quantity: Quantity, schema: MetadataSchema
) -> _Choice | None:
    numeric = [each for each in schema.fields if each.type in NUMERIC]
    choices = [
        choice for each in numeric if (choice := _fit(reading, found, quantity, each)) is not None
    ]
    if not choices:
        return None
    best = max(choices, key=lambda each: each.confidence)
    rivals = [each for each in choices if each.confidence == best.confidence]
    if len(rivals) > 1 and not best.named:
        return _Choice(best.field, best.confidence - 0.15 * (len(rivals) > 1), False)
    return best


def _fit(
    reading: Reading, found: Bounded, quantity: Quantity, field: FieldSchema
) -> _Choice | None:
    """How well the field fits the number, by its name, its unit and the comparison's wording."""
    upper = found.upper.quantity if found.upper else None
    unit = quantity.unit or (upper.unit if upper else None)
    own = unit_named(field.unit)
    bound = found.bound is not None or found.upper is not None
    named = reading.is_named(field, found.first, found.last)
    named = named or _named_inside(reading, found, field)
    named = named or _named_by_next(reading, found, field)
    if unit is not None and not _same_dimension(unit, own):
        if not (named and own is None) or unit.dimension == "time":
            return None
        return _Choice(field, 0.7 if bound else 0.5, True)
    if named:
        if is_year(field) and found.piece.period is not None:
            return None
        return _Choice(field, 0.92 if bound else 0.74, True)
    if quantity.spelled and unit is None:
        return None
    if unit is not None:
        likely = _near(_number(quantity.number, unit, field), field) and _usual(unit, own)
        return _Choice(field, (0.86 if bound else 0.55) - 0.2 * (not likely), False)
    return _unnamed(found, quantity, field, own) if bound else None


def _unnamed(
    found: Bounded, quantity: Quantity, field: FieldSchema, own: Unit | None
) -> _Choice | None:
    """A bare number: "cheaper than 500", "under 200"."""
    if is_year(field):
        return None
    hint = found.bound.hint if found.bound else ""
    if found.bound is not None and found.bound.temporal:
        return None
    if (hint == "money" and is_money(own)) or (own is not None and hint == own.dimension):
        return _Choice(field, 0.82, False)
    if hint or not is_money(own) or not _near(quantity.number, field):
        return None
    # "over 2000" may be a year as well.
    return _Choice(field, 0.55 if found.piece.period is not None else 0.66, False)


def _usual(unit: Unit, own: Unit | None) -> bool:
    """Whether people would say it in that unit: nobody tells years in minutes."""
    return own is not None and 1 / _USUAL <= unit.factor / own.factor <= _USUAL


def _near(number: float, field: FieldSchema) -> bool:
    least, most = field.least, field.most
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return True
    return least / _PLAUSIBLE <= number <= most * _PLAUSIBLE


def _named_inside(reading: Reading, found: Bounded, field: FieldSchema) -> bool:
    """As in "at least storage 512": the name between comparator and number."""
    inside = (found.first, found.last)
    return any(
        field in each.names and inside[0] <= each.first < inside[1] for each in reading.pieces
    )


def _named_by_next(reading: Reading, found: Bounded, field: FieldSchema) -> bool:
    """As in "2 or 3 rooms": the name behind the next number is of both."""
    following = next((each for each in reading.pieces if each.first >= found.last), None)
    if following is None or following.quantity is None or found.bound is not None:
        return False
    gap = reading.between(found.last, following.first)
    return gap in (["or"], [","], ["and"]) and reading.is_named_behind(field, following.last)


def _same_dimension(unit: Unit, own: Unit | None) -> bool:
    return own is not None and unit.dimension == own.dimension


def _context(reading: Reading, found: Bounded, shape: Shape, choice: _Choice) -> float:
    bound = found.bound is not None or found.upper is not None
    change = 0.0
    if found.piece.first in shape.topic and not bound:
        change -= 0.2
    if shape.factual:
        change -= 0.2 if not bound else 0.08
    if bound or choice.named:
        return change
    before = reading.words[found.first - 1].fold if found.first else ""
    beside = found.last in shape.heads or _is_value(reading.piece_at(found.last))
    return change + (0.12 if beside or before in ("with", "has", "having", "of") else 0.0)


def _is_value(piece: Piece | None) -> bool:
    return piece is not None and bool(piece.values)


def _tests(found: Bounded, quantity: Quantity, field: FieldSchema) -> tuple[Test, ...]:
    if found.upper is not None and found.upper.quantity is not None:
        upper = found.upper.quantity
        unit = quantity.unit or upper.unit
        scale = _borrowed_scale(quantity, upper)
        low = _number(quantity.number * scale, unit, field)
        high = _number(upper.number, upper.unit or unit, field)
        return ((GE, low), (LE, high)) if low <= high else ((GE, high), (LE, low))
    number = _number(quantity.number, quantity.unit, field)
    operator = found.bound.operator if found.bound else Operator.EQUAL
    # "after 30 seconds" bounds no length.
    return () if found.bound is not None and found.bound.temporal else ((operator, number),)


def _borrowed_scale(low: Quantity, high: Quantity) -> float:
    """As in "5-10k": the lower number is of thousands, too."""
    for scale in (1e3, 1e6, 1e9):
        if high.number >= scale and low.number < 100 <= high.number / max(low.number, 1e-9) / 2:
            return scale if low.number * scale <= high.number else 1.0
    return 1.0


def _number(number: float, unit: Unit | None, field: FieldSchema) -> int | float:
    own = unit_named(field.unit)
    known = converted(number, unit, own) if unit is not None and own is not None else None
    value = number if known is None else known
    whole = float(value).is_integer() and abs(value) < 2**63
    return int(value) if whole and field.type is FieldType.INT64 else value


def _possible(tests: tuple[Test, ...], field: FieldSchema) -> bool:
    """Whether an exact number is one that documents may hold."""
    least, most = field.least, field.most
    for operator, value in tests:
        if operator is not Operator.EQUAL or not isinstance(value, int | float):
            continue
        if field.type is FieldType.INT64 and isinstance(value, float):
            return False
        if isinstance(least, int | float) and isinstance(most, int | float):
            return least <= value <= most
    return True


def _age(
    found: Bounded, quantity: Quantity, schema: MetadataSchema, today: date
) -> Condition | None:
    """As in "older than 10 years" on a field of dates."""
    bound, unit = found.bound, quantity.unit
    fields = temporal_fields(schema)
    if bound is None or bound.hint != "date" or unit is None or unit.dimension != "time":
        return None
    if not fields or not bound.last - bound.first >= 2:
        return None
    then = _back(today, quantity.number, unit)
    if then is None:
        return None
    older = bound.operator in (LT, LE)
    field = fields[0]
    if field.type is FieldType.TIMESTAMP:
        value: datetime | int = datetime(then.year, then.month, then.day, tzinfo=UTC)
    else:
        value = then.year
    test = (LT if older else GE, value)
    return Condition(field, ClauseKind.DATE, found.first, found.last, 0.85, (test,))


def _back(today: date, number: float, unit: Unit) -> date | None:
    days = number * unit.factor / _UNIT_SECONDS
    try:
        if unit.factor >= 28 * _UNIT_SECONDS:
            return months_before(today, round(days / (365.25 / 12)))
        return date.fromordinal(today.toordinal() - round(days))
    except (ValueError, OverflowError):
        return None
