"""Values as conditions: which field they are of, and how surely they are meant."""

from rag_server.core.filters import Operator
from rag_server.core.understanding import ClauseKind
from rag_server.retrievers.self_query.bounding import Bounded
from rag_server.retrievers.self_query.condition import Condition
from rag_server.retrievers.self_query.doubting import (
    DOUBT,
    context_doubt,
    doubt,
    has_value_beside,
    is_compound,
)
from rag_server.retrievers.self_query.lexicon import Entry, Link
from rag_server.retrievers.self_query.reading import Piece, Reading
from rag_server.retrievers.self_query.shape import Shape
from rag_server.retrievers.self_query.vocabulary import NEGATIONS

_BASE = {
    Link.EXACT: 0.76,
    Link.INFLECTED: 0.72,
    Link.ALIAS: 0.73,
    Link.PART: 0.6,
    Link.FUZZY: 0.6,
    Link.NEAR: 0.5,
}
_NAMED = 0.14
_OWNING = {"by", "from"}


def valued(reading: Reading, found: Bounded, shape: Shape) -> Condition | None:
    """The condition that a value states, with its comparison where its field is ordered."""
    entry = _entry(reading, found, found.piece)
    if entry is None or isinstance(entry.value, bool):
        return _flagged(reading, found.piece, entry, shape) if entry is not None else None
    confidence = _BASE[entry.link] + _evidence(reading, found.piece, entry, shape)
    if entry.field.ordered and (found.bound is not None or found.upper is not None):
        tests = _ordered(found, entry)
        if tests:
            return Condition(
                entry.field,
                ClauseKind.ORDER,
                found.first,
                found.last,
                max(confidence, 0.75),
                values=tests,
            )
    first, last = found.piece.first, found.piece.last
    values = (str(entry.value),)
    return Condition(
        entry.field, ClauseKind.VALUE, first, last, confidence, (), values, note=_note(entry)
    )


def _note(entry: Entry) -> str:
    return f'taken for "{entry.value}", which is near in meaning' if entry.link is Link.NEAR else ""


def _entry(reading: Reading, found: Bounded, piece: Piece) -> Entry | None:
    """The reading whose field is named beside it, else the likeliest one."""
    named = [each for each in piece.values if _is_named(reading, each, piece, found)]
    if piece.quantity is not None and not named:
        return None
    return min(named or piece.values, key=_unlikeliness, default=None)


def _unlikeliness(entry: Entry) -> tuple[int, bool]:
    return list(Link).index(entry.link), not entry.field.closed


def _is_named(reading: Reading, entry: Entry, piece: Piece, found: Bounded) -> bool:
    return reading.is_named(entry.field, piece.first, piece.last) or reading.is_named_before(
        entry.field, found.first
    )


def _ordered(found: Bounded, entry: Entry) -> tuple[str, ...]:
    """The values of an ordered field that compare as asked; they are finite, so that the
    comparison becomes a list."""
    values = entry.field.values
    if str(entry.value) not in values:
        return ()
    place = values.index(str(entry.value))
    if found.upper is not None:
        highs = [each for each in found.upper.values if each.field.name == entry.field.name]
        top = values.index(str(highs[0].value)) if highs else place
        return values[min(place, top) : max(place, top) + 1]
    match found.bound.operator if found.bound else Operator.EQUAL:
        case Operator.GREATER_THAN:
            return values[place + 1 :]
        case Operator.GREATER_OR_EQUAL:
            return values[place:]
        case Operator.LESS_THAN:
            return values[:place]
        case Operator.LESS_OR_EQUAL:
            return values[: place + 1]
        case _:
            return ()


def _evidence(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> float:
    """What speaks for the value being a condition, and what against it."""
    words = reading.words[piece.first : piece.last]
    named = _is_named_as_condition(reading, piece, entry, shape)
    long = len(words) > 1
    name = words[0].capital and entry.written[:1].isupper() and (long or piece.first > 0)
    change = _NAMED * named + 0.08 * long + 0.08 * name
    change += 0.06 * _has_neighbour(reading, piece, shape)
    before = reading.words[piece.first - 1].fold if piece.first else ""
    if entry.link in (Link.PART, Link.FUZZY):
        change += 0.12 * (before in _OWNING or name)
    change += 0.06 * (before in NEGATIONS)
    if not named:
        change -= doubt(reading, piece, entry, shape, name or long)
    elif entry.link is Link.NEAR:
        change -= context_doubt(reading, piece, shape, name)
    return change


def _is_named_as_condition(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> bool:
    """Whether the field is named beside; "is a vegan diet healthy" only speaks of one."""
    if reading.is_named_before(entry.field, piece.first):
        return True
    name = reading.words[piece.first].capital and entry.written[:1].isupper()
    return (name or not shape.factual) and reading.is_named_behind(entry.field, piece.last)


def _has_neighbour(reading: Reading, piece: Piece, shape: Shape) -> bool:
    ends = piece.last == len(reading.words) and piece.first not in shape.topic
    return ends or piece.last in shape.heads or has_value_beside(reading, piece)


def _flagged(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> Condition:
    confidence = 0.78 + 0.06 * _has_neighbour(reading, piece, shape)
    confidence -= DOUBT * (piece.first in shape.topic) + DOUBT * shape.factual
    if piece.last - piece.first == 1 and entry.link is Link.INFLECTED:
        # "who approves travel" does not ask for what is approved.
        confidence -= DOUBT
    if is_compound(reading, piece, shape):
        confidence -= DOUBT
    tests = ((Operator.EQUAL, bool(entry.value)),)
    return Condition(entry.field, ClauseKind.FLAG, piece.first, piece.last, confidence, tests)
