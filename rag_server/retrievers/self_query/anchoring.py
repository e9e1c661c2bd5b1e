"""Whether a date says when documents are of, or when what they tell about happens."""

from rag_server.retrievers.self_query.bounding import Bounded
from rag_server.retrievers.self_query.periods import Grain
from rag_server.retrievers.self_query.reading import Reading
from rag_server.retrievers.self_query.shape import Shape
from rag_server.retrievers.self_query.vocabulary import ARTICLES, PREPOSITIONS

_YEAR_DIGITS = 4


def is_vague(reading: Reading, found: Bounded) -> bool:
    """Whether no year is named: "last week", "in August". Such dates are as often part of a
    topic."""
    piece = found.piece
    if piece.period is None or piece.period.grain is Grain.YEARS:
        return False
    words = reading.words[piece.first : piece.last]
    return not any(word.numeric and len(word.fold) >= _YEAR_DIGITS for word in words)


def is_anchored(reading: Reading, found: Bounded, shape: Shape) -> bool:
    """Whether there is something that is of that date: documents, values, events."""
    if shape.factual:
        return False
    if shape.events or shape.heads or _is_of_plural(reading, found):
        return True
    return any(each.values for each in reading.pieces)


def _is_of_plural(reading: Reading, found: Bounded) -> bool:
    """As in "layoffs in March"; not "opening hours of the canteen in August"."""
    at = found.first - 1
    while at >= 0 and reading.words[at].fold in PREPOSITIONS | ARTICLES:
        at -= 1
    return 0 <= at <= 1 and reading.words[at].fold.endswith("s")
