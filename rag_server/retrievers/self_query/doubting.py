"""How likely the words of a value are no condition: words of the topic, or of their own meaning.

Most values are also ordinary words ("open", "public", "green", "mirror"). What makes them a
condition is where they stand: at what is looked for, in a list of values, behind a preposition.
"""

from rag_server.retrievers.self_query.comparators import bound_at
from rag_server.retrievers.self_query.countries import ADJECTIVES
from rag_server.retrievers.self_query.lexicon import Entry, Link
from rag_server.retrievers.self_query.reading import Piece, Reading
from rag_server.retrievers.self_query.shape import Shape, is_verb
from rag_server.retrievers.self_query.vocabulary import (
    ARTICLES,
    CONNECTORS,
    NEGATIONS,
    RESTRICTING,
    SITUATING,
    TOPICAL,
)
from rag_server.text.vocabulary import STOP_WORDS

_RESTRICTING = {"by", "from", "for", "in"}
# A verb takes these: "open a connection".
_DETERMINERS = {"a", "an", "the", "my", "your", "our"}
# Between these and a value stands nothing but the condition.
_PLACING = _RESTRICTING | NEGATIONS | {"is", "are", "be", "with", "only", "=", ":"}
_LISTING = {",", "and", "or", "/", "&", "nor"}
# One reason is enough to drop a value that nothing speaks for, or to make a boost of it.
DOUBT = 0.3
# Words of another meaning that may stand between a value and what is looked for: "Japanese
# monster films".
_BETWEEN = 1
# Words, too, with all conditions and what lists them: of a list without end, no more is read for
# each of its values.
_AHEAD = 24


def doubt(reading: Reading, piece: Piece, entry: Entry, shape: Shape, proper: bool) -> float:
    """What speaks against a condition whose field is not named. `proper`: it is written as a
    name."""
    total = context_doubt(reading, piece, shape, proper)
    if _is_situated(reading, piece):
        total += DOUBT
    if piece.last - piece.first == 1:
        return total + _single(reading, piece, entry, shape)
    return total + DOUBT * _is_phrase(reading, piece, entry)


def context_doubt(reading: Reading, piece: Piece, shape: Shape, proper: bool) -> float:
    """What speaks against any condition there: the topic, or a question after a fact."""
    total = _topicality(piece, shape, proper)
    if shape.factual:
        # "what does Swiss law say" is about it; "who signs in Austria" restricts.
        long = piece.last - piece.first > 1
        restricting = long or _before(reading, piece) in _RESTRICTING
        total += 0.05 if proper and restricting else DOUBT
    return total


def is_compound(reading: Reading, piece: Piece, shape: Shape) -> bool:
    """Whether it says what another noun is like, which is not what is looked for: "apple pie",
    "green electricity", "low disk space"."""
    behind = piece.last
    if behind >= len(reading.words) or _leads_to_head(reading, piece, shape):
        return False
    word = reading.words[behind]
    known = STOP_WORDS | RESTRICTING | TOPICAL | CONNECTORS
    other = word.fold.isalpha() and word.fold not in known
    # "a laptop weighing less": what follows says more of the value itself.
    return other and not word.fold.endswith(("ing", "ed")) and reading.piece_at(behind) is None


def has_value_beside(reading: Reading, piece: Piece) -> bool:
    """Whether another value or a date stands right beside, or next in a list."""
    before, behind = piece.first - 1, piece.last
    while before >= 0 and reading.words[before].fold in _LISTING:
        before -= 1
    while behind < len(reading.words) and reading.words[behind].fold in _LISTING:
        behind += 1
    beside = (reading.piece_at(before), reading.piece_at(behind))
    return any(each is not None and bool(each.values or each.period) for each in beside)


def _topicality(piece: Piece, shape: Shape, proper: bool) -> float:
    if piece.first not in shape.topic:
        return 0.0
    return 0.12 if proper and piece.first not in shape.clause else 0.25


def _single(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> float:
    word = reading.words[piece.first]
    if word.fold in STOP_WORDS and not (word.text.isupper() and entry.written.isupper()):
        return 0.6
    reasons = [
        _is_doing(reading, piece),
        _is_of_another(reading, piece, entry, shape),
        _is_loose(reading, piece, entry, shape),
        _is_part(reading, piece, shape),
    ]
    return DOUBT * sum(reasons)


def _is_doing(reading: Reading, piece: Piece) -> bool:
    """As in "how do I watch films", "open a connection"."""
    behind = reading.words[piece.last].fold if piece.last < len(reading.words) else ""
    return behind in _DETERMINERS or is_verb(reading.words, piece.first)


def _is_of_another(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> bool:
    """Whether it is an adjective or a noun in lower case that belongs to another noun; a name
    restricts also then: "Sony earbuds"."""
    capital = reading.words[piece.first].capital and entry.written[:1].isupper()
    if (capital and entry.written.casefold() not in ADJECTIVES) or has_value_beside(reading, piece):
        return False
    return is_compound(reading, piece, shape)


def _is_loose(reading: Reading, piece: Piece, entry: Entry, shape: Shape) -> bool:
    """Whether a grade, or a name in lower case, stands where no condition would: "running low
    on memory", "a mirror that shows the past"."""
    lower = entry.written[:1].isupper() and not reading.words[piece.first].capital
    if not (lower or entry.field.ordered):
        return False
    alone = len(reading.words) == piece.last - piece.first
    placed = _before(reading, piece) in _PLACING or has_value_beside(reading, piece)
    behind_head = piece.first - 1 - (_before(reading, piece) == "of") in shape.heads
    at_head = behind_head or piece.first in shape.heads
    return not (alone or placed or at_head or _leads_to_head(reading, piece, shape))


def _is_part(reading: Reading, piece: Piece, shape: Shape) -> bool:
    """As in "story of a crime", "the side of the pan", "the meaning of travel"."""
    before = reading.between(max(0, piece.first - 2), piece.first)
    if before[-1:] and before[-1] in ARTICLES and before[0] == "of":
        return True
    if before[-1:] == ["of"]:
        return _is_of_unknown(reading, piece, shape)
    behind = reading.between(piece.last, piece.last + 1)
    plural = reading.words[piece.last - 1].fold.endswith("s")
    return before[-1:] == ["the"] and behind == ["of"] and not plural


def _is_of_unknown(reading: Reading, piece: Piece, shape: Shape) -> bool:
    """Whether what it is of is neither looked for nor a condition; names are left alone."""
    owner = piece.first - 2
    looked_for = owner in shape.heads or piece.last - 1 in shape.heads
    name = reading.words[piece.first].capital
    return not (owner < 0 or looked_for or name or reading.piece_at(owner))


def _is_situated(reading: Reading, piece: Piece) -> bool:
    """As in "after the war": a date or a number is what these compare with."""
    at = piece.first - 1
    while at >= 0 and reading.words[at].fold in ARTICLES:
        at -= 1
    return at >= 0 and reading.words[at].fold in SITUATING


def _is_phrase(reading: Reading, piece: Piece, entry: Entry) -> bool:
    """Whether a name of several words, in lower case, may be a phrase: "will young people"."""
    words = reading.words[piece.first : piece.last]
    if entry.link is not Link.EXACT or any(word.capital for word in words):
        return False
    common = words[0].fold in STOP_WORDS or words[-1].fold in STOP_WORDS
    return common and _before(reading, piece) not in _RESTRICTING


def _leads_to_head(reading: Reading, piece: Piece, shape: Shape) -> bool:
    """Whether what is looked for follows, with other conditions before it: "critical checkout
    incidents"."""
    at, unknown = piece.last, 0
    end = min(len(reading.words), at + _AHEAD)
    while at < end and unknown <= _BETWEEN:
        if (at in shape.heads and not _is_modifier(reading, at)) or _is_bounded(reading, at):
            return True
        text, other = reading.words[at].fold, reading.piece_at(at)
        if other is not None and (other.values or other.period):
            at = other.last
            continue
        if text not in _LISTING:
            if not text.isalpha() or text in STOP_WORDS | RESTRICTING | TOPICAL | CONNECTORS:
                return False
            unknown += 1
        at += 1
    return False


def _is_bounded(reading: Reading, at: int) -> bool:
    """Whether it is looked for because it is compared: the "soups" of "vegan soups under 30
    minutes"."""
    bound = bound_at(reading.words, at + 1)
    piece = reading.piece_at(bound.last) if bound else None
    return piece is not None and bool(piece.quantity or piece.period)


def _is_modifier(reading: Reading, at: int) -> bool:
    """Whether it belongs to a noun behind it: the "file" of "file handles"."""
    if at + 1 >= len(reading.words) or reading.words[at].fold.endswith("s"):
        return False
    behind = reading.words[at + 1].fold
    plural = behind.endswith("s") and not behind.endswith("ss") and behind not in STOP_WORDS
    return plural and reading.piece_at(at + 1) is None


def _before(reading: Reading, piece: Piece) -> str:
    return reading.words[piece.first - 1].fold if piece.first else ""
