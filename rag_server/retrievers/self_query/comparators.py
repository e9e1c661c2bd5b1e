"""Words that compare: "at least", "cheaper than", "or newer", "between ... and"."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.core.filters import Operator
from rag_server.retrievers.self_query.words import Word

LT, LE = Operator.LESS_THAN, Operator.LESS_OR_EQUAL
GT, GE = Operator.GREATER_THAN, Operator.GREATER_OR_EQUAL
NEGATED = {LT: GE, LE: GT, GT: LE, GE: LT}


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison at words [first, last). `hint`: the dimension that its wording speaks of, or
    empty; `temporal`: only dates and durations follow it."""

    operator: Operator
    first: int
    last: int
    hint: str = ""
    temporal: bool = False


# Comparative -> (comparison, dimension).
_ADJECTIVES: dict[str, tuple[Operator, str]] = {
    **dict.fromkeys(("more", "greater", "higher", "better", "above", "bigger", "larger"), (GT, "")),
    **dict.fromkeys(("less", "fewer", "lower", "worse", "smaller", "below", "under"), (LT, "")),
    "over": (GT, ""),
    "harder": (GT, ""),
    "stricter": (GT, ""),
    "easier": (LT, ""),
    "milder": (LT, ""),
    "longer": (GT, "time"),
    "shorter": (LT, "time"),
    "slower": (GT, "time"),
    "faster": (LT, "time"),
    "heavier": (GT, "mass"),
    "lighter": (LT, "mass"),
    "pricier": (GT, "money"),
    "costlier": (GT, "money"),
    "dearer": (GT, "money"),
    "cheaper": (LT, "money"),
    "taller": (GT, "length"),
    "wider": (GT, "length"),
    "deeper": (GT, "length"),
    "farther": (GT, "length"),
    "further": (GT, "length"),
    "closer": (LT, "length"),
    "warmer": (GT, "temperature"),
    "colder": (LT, "temperature"),
    "newer": (GT, "date"),
    "later": (GT, "date"),
    "younger": (GT, "date"),
    "older": (LT, "date"),
    "earlier": (LT, "date"),
    "sooner": (LT, "date"),
}
# "more expensive than": the adjective decides the dimension, the adverb the direction.
_MEASURED = {
    "expensive": "money",
    "recent": "date",
    "costly": "money",
    "lengthy": "time",
    "affordable": "money",
    "severe": "",
    "critical": "",
}
_PHRASES: dict[tuple[str, ...], Operator] = {
    tuple(phrase.split()): operator
    for operator, phrases in {
        GE: "at least|a minimum of|minimum of|minimum|starting at|starting from|no less than|"
        "not less than|no fewer than|not fewer than|upwards of|> =|min",
        LE: "at most|at the most|up to|a maximum of|maximum of|maximum|max|no more than|"
        "not more than|not exceeding|not to exceed|no greater than|< =|capped at|as much as",
        GT: "more than|over|above|greater than|exceeding|exceeds|exceed|exceeded|beyond|"
        "in excess of|north of|>|upward of",
        LT: "less than|under|below|fewer than|beneath|south of|<|sub",
    }.items()
    for phrase in phrases.split("|")
}
_TEMPORAL: dict[tuple[str, ...], Operator] = {
    tuple(phrase.split()): operator
    for operator, phrases in {
        GE: "since|ever since|as of|not before|no earlier than|from",
        LE: "until|till|through|up until|not after|no later than|not later than|by",
        GT: "after|following|past|later than|newer than|more recent than",
        LT: "before|prior to|earlier than|older than|preceding|ahead of|pre",
    }.items()
    for phrase in phrases.split("|")
}
_RISING = {"more", "higher", "above", "over", "greater", "longer", "larger", "bigger", "better"}
_RISING |= {"later", "newer", "up", "upwards", "upward", "beyond", "after", "heavier", "worse"}
_RISING |= {"severe", "onwards", "onward", "younger"}
_FALLING = {"less", "lower", "below", "under", "fewer", "shorter", "smaller", "earlier", "older"}
_FALLING |= {"cheaper", "before", "lighter", "down"}
_TRAILING = {"onwards": GE, "onward": GE, "upwards": GE, "minimum": GE, "plus": GE}
_TRAILING |= {"maximum": LE, "max": LE, "tops": LE, "min": GE}
_LONGEST = 4


def bound_at(words: Sequence[Word], first: int) -> Bound | None:
    """The comparison that begins at that word and precedes what it compares with."""
    for length in range(_LONGEST, 0, -1):
        phrase = tuple(word.fold for word in words[first : first + length])
        if len(phrase) < length:
            continue
        if phrase in _TEMPORAL:
            return Bound(_TEMPORAL[phrase], first, first + length, "date", temporal=True)
        if phrase in _PHRASES:
            return Bound(_PHRASES[phrase], first, first + length)
        found = _comparative(phrase, first)
        if found is not None:
            return found
    return None


def _comparative(phrase: tuple[str, ...], first: int) -> Bound | None:
    """As in "longer than", "no older than", "less expensive than"."""
    negated = phrase[0] in ("no", "not")
    rest = phrase[1:] if negated else phrase
    if len(rest) < 2 or rest[-1] != "than" or rest[0] not in _ADJECTIVES:
        # "not over 5", "not above internal".
        if negated and len(rest) == 1 and rest in _PHRASES:
            return Bound(NEGATED[_PHRASES[rest]], first, first + len(phrase))
        return None
    operator, hint = _ADJECTIVES[rest[0]]
    if len(rest) == 3:
        if rest[0] not in ("more", "less") or rest[1] not in _MEASURED:
            return None
        hint = _MEASURED[rest[1]]
        if rest[1] == "affordable":
            operator = NEGATED[operator]
    elif len(rest) != 2:
        return None
    operator = NEGATED[operator] if negated else operator
    return Bound(operator, first, first + len(phrase), hint)


def bound_behind(words: Sequence[Word], at: int) -> Bound | None:
    """The comparison that follows what it compares with: "or more", "onwards", "+"."""
    texts = [word.fold for word in words[at : at + 3]]
    if texts[:1] == ["+"]:
        return Bound(GE, at, at + 1)
    if texts and texts[0] in _TRAILING:
        return Bound(_TRAILING[texts[0]], at, at + 1)
    if len(texts) < 2 or texts[0] not in ("or", "and"):
        return None
    adverb = texts[1] in ("more", "less") and len(texts) > 2 and texts[2] in _MEASURED
    last = at + 2 + adverb
    # "3 rooms and more than 80 square metres" goes on with another comparison.
    if last < len(words) and (words[last].fold == "than" or words[last].numeric):
        return None
    if texts[1] in _RISING:
        return Bound(GE, at, last)
    if texts[1] in _FALLING:
        return Bound(LE, at, last)
    return None
