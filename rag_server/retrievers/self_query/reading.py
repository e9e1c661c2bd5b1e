"""The words of a question as pieces: numbers, periods, values, names of fields."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from rag_server.core.metadata_schema import FieldSchema, FieldType
from rag_server.retrievers.self_query.calendar import Calendar
from rag_server.retrievers.self_query.lexicon import Entry, Lexicon, Link
from rag_server.retrievers.self_query.numerals import Quantity, quantity_at
from rag_server.retrievers.self_query.periods import Period
from rag_server.retrievers.self_query.vocabulary import FILLERS, PREPOSITIONS
from rag_server.retrievers.self_query.words import Word

Speller = Callable[[Sequence[Word], int], tuple[int, list[Entry]]]


@dataclass(frozen=True, slots=True)
class Piece:
    """What words [first, last) may stand for; several at once where that is not yet clear."""

    first: int
    last: int
    quantity: Quantity | None = None
    period: Period | None = None
    values: tuple[Entry, ...] = ()
    names: tuple[FieldSchema, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Words and the pieces found in them, ascending and disjoint."""

    words: Sequence[Word]
    pieces: Sequence[Piece]
    _covering: dict[int, Piece] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        covering = {at: each for each in self.pieces for at in range(each.first, each.last)}
        object.__setattr__(self, "_covering", covering)

    def between(self, first: int, last: int) -> list[str]:
        """Folds of words [first, last)."""
        return [word.fold for word in self.words[first:last]]

    def piece_at(self, at: int) -> Piece | None:
        """The piece that covers the word."""
        return self._covering.get(at)

    def is_named(self, field: FieldSchema, first: int, last: int) -> bool:
        """Whether the field is named right beside words [first, last)."""
        return self.is_named_before(field, first) or self.is_named_behind(field, last)

    def is_named_before(self, field: FieldSchema, first: int) -> bool:
        """Whether its name stands before that word, with at most fillers between."""
        before = (each for each in reversed(self.pieces) if each.last <= first)
        return self._is_named(
            field, ((each, self.between(each.last, first)) for each in before), _FILLING
        )

    def is_named_behind(self, field: FieldSchema, last: int) -> bool:
        """Whether its name stands behind: "10 pages", "60 hours of battery"."""
        behind = (each for each in self.pieces if each.first >= last)
        return self._is_named(
            field, ((each, self.between(last, each.first)) for each in behind), _OF
        )

    def _is_named(
        self,
        field: FieldSchema,
        away: Iterable[tuple[Piece, list[str]]],
        filling: frozenset[str],
    ) -> bool:
        """Whether the first names on the way are the field's; `away`: the pieces with the words
        up to them, the nearest first, which may be `filling` only."""
        for piece, gap in away:
            if len(gap) > _REACH or not filling.issuperset(gap):
                return False
            if field in piece.names:
                return True
            if not piece.names:
                return False
        return False


# Words between a field's name and what is said of it.
_REACH = 3
_FILLING = FILLERS | PREPOSITIONS
_OF = frozenset(
    [
        "of",
        "the",
        "or",
        "more",
        "less",
        "fewer",
        "and",
        "above",
        "higher",
        "in",
        "+",
        "later",
        "newer",
    ]
)


def read(
    words: Sequence[Word], lexicon: Lexicon, today: date, taken: frozenset[int], speller: Speller
) -> Reading:
    """`taken`: words that mean something else already, such as "top 5"."""
    calendar = Calendar(words, today)
    pieces: list[Piece] = []
    at = 0
    while at < len(words):
        piece = None if at in taken else _piece(words, lexicon, calendar, speller, at)
        if piece is not None and not taken.intersection(range(piece.first, piece.last)):
            pieces.append(piece)
            at = piece.last
        else:
            at += 1
    return Reading(words, pieces)


def _piece(
    words: Sequence[Word], lexicon: Lexicon, calendar: Calendar, speller: Speller, at: int
) -> Piece | None:
    length, entries = lexicon.at(words, at)
    period = calendar.at(at)
    quantity = quantity_at(words, at)
    values, names = _split(entries)
    if length > 1 and not _is_number(words, at, length):
        return Piece(at, at + length, values=values, names=names)
    if period is not None and not period.bare:
        return Piece(at, period.last, period=period)
    if quantity is not None and (words[at].numeric or quantity.unit or not entries):
        last = max(quantity.last, at + length)
        return Piece(at, last, quantity=quantity, period=period, values=values)
    if entries:
        return Piece(at, at + length, values=values, names=names)
    length, entries = speller(words, at)
    return Piece(at, at + length, values=tuple(entries)) if entries else None


def _split(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], tuple[FieldSchema, ...]]:
    """A flag is both its own name and its value."""
    values = tuple(each for each in entries if each.value is not None)
    names = tuple(
        each.field
        for each in entries
        if each.value is None and each.field.type is not FieldType.BOOL
    )
    return values, names


def _is_number(words: Sequence[Word], at: int, length: int) -> bool:
    return length == 1 and words[at].numeric


def is_plural(words: Sequence[Word], piece: Piece) -> bool:
    """Whether it names a value in the plural: "laptops"."""
    last = words[piece.last - 1]
    inflected = any(each.link in (Link.INFLECTED, Link.ALIAS) for each in piece.values)
    return inflected and last.fold.endswith("s") and not last.numeric
