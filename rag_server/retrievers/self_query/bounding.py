"""Comparators and what they compare with: how far a piece of a question is bounded."""

from dataclasses import dataclass

from rag_server.core.filters import Operator
from rag_server.retrievers.self_query.comparators import Bound, bound_at, bound_behind
from rag_server.retrievers.self_query.reading import Piece, Reading
from rag_server.retrievers.self_query.vocabulary import FILLERS

_REACH = 8
_JOINING = {"and", "to", "-", "\u2013", "\u2014", "until", "through", "till"}


@dataclass(frozen=True, slots=True)
class Bounded:
    """A piece with the comparison it stands in, all of it at words [first, last). `upper`: the
    other end of "between `piece` and `upper`"."""

    piece: Piece
    first: int
    last: int
    bound: Bound | None = None
    upper: Piece | None = None


def bounded(reading: Reading, at: int) -> Bounded:
    """The piece number `at` with its comparison, if it has one."""
    piece = reading.pieces[at]
    spread = _range(reading, at)
    if spread is not None:
        return spread
    behind = bound_behind(reading.words, _behind(reading, piece))
    if behind is not None:
        first = _introduced(reading, piece)
        return Bounded(piece, first, behind.last, behind)
    before = _before(reading, piece)
    if before is not None:
        return Bounded(piece, before.first, piece.last, before)
    if piece.quantity is not None and piece.quantity.open:
        plus = Bound(Operator.GREATER_OR_EQUAL, piece.first, piece.last)
        return Bounded(piece, piece.first, piece.last, plus)
    return Bounded(piece, piece.first, piece.last)


def _behind(reading: Reading, piece: Piece) -> int:
    """Where "or more" may stand: behind the piece, or behind a name that belongs to it, as in
    "30 pages or more"."""
    following = reading.piece_at(piece.last)
    named = following is not None and following.names and following.first == piece.last
    return following.last if named and following is not None else piece.last


def _introduced(reading: Reading, piece: Piece) -> int:
    """With "from" before it: "from 2023 onwards"."""
    first = piece.first
    return first - 1 if first and reading.words[first - 1].fold in ("from", "starting") else first


def _before(reading: Reading, piece: Piece) -> Bound | None:
    """The longest comparator that ends where the piece, names and fillers before it begin."""
    best: Bound | None = None
    for start in range(piece.first - 1, max(-1, piece.first - 1 - _REACH), -1):
        found = bound_at(reading.words, start)
        if found is None or found.last > piece.first:
            continue
        if not _filled(reading, found.last, piece.first):
            break
        if found.temporal and found.last - found.first == 1 and _is_weak(reading, found):
            continue
        if best is None or found.last >= best.first:
            best = found
    return best


def _is_weak(reading: Reading, bound: Bound) -> bool:
    """As in "from" and "by" alone bound nothing: "from 2020", "by 2020"."""
    return reading.words[bound.first].fold in ("from", "by")


def _filled(reading: Reading, first: int, last: int) -> bool:
    """Whether there are only fillers and names of fields at words [first, last)."""
    at = first
    while at < last:
        piece = reading.piece_at(at)
        if piece is not None and piece.names:
            at = piece.last
        elif reading.words[at].fold in FILLERS:
            at += 1
        else:
            return False
    return True


def _range(reading: Reading, at: int) -> Bounded | None:
    """As in "between A and B", "from A to B", "A to B", "A-B"."""
    if at + 1 >= len(reading.pieces):
        return None
    low, high = reading.pieces[at], reading.pieces[at + 1]
    if high.names and at + 2 < len(reading.pieces) and low.quantity:
        # "between 10 pages and 50 pages"
        high = reading.pieces[at + 2]
    gap = reading.between(low.last, high.first)
    texts = [text for text in gap if text not in FILLERS or text == "to"]
    named = [each for each in reading.pieces if low.last <= each.first < high.first]
    if named and not all(each.names for each in named):
        return None
    joined = [text for text in texts if text in _JOINING]
    if len(joined) != 1 or len(gap) > 5:
        return None
    opening = _opening(reading, low)
    if joined[0] == "and" and opening != "between":
        return None
    if not _alike(low, high):
        return None
    first = low.first - (opening is not None) * _distance(reading, low, opening)
    return Bounded(low, first, high.last, upper=high)


def _opening(reading: Reading, piece: Piece) -> str | None:
    for text in reversed(reading.between(max(0, piece.first - 3), piece.first)):
        if text in ("between", "from"):
            return text
        if text not in FILLERS:
            return None
    return None


def _distance(reading: Reading, piece: Piece, opening: str | None) -> int:
    texts = reading.between(max(0, piece.first - 3), piece.first)
    return len(texts) - texts.index(opening) if opening in texts else 0


def _alike(low: Piece, high: Piece) -> bool:
    if low.period is not None and high.period is not None:
        return True
    if low.quantity is not None and high.quantity is not None:
        return low.quantity.number <= high.quantity.number or low.quantity.unit is not None
    fields = {each.field.name for each in low.values}
    return any(each.field.name in fields and each.field.ordered for each in high.values)
