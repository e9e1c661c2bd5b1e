"""Numbers of a question, in digits or words, with their units."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.retrievers.self_query.units import PAIRS, SHORT, SIGNS, UNITS, Unit
from rag_server.retrievers.self_query.words import Word, words_in

# In their order, from zero and from twenty.
_ONES = words_in(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
    """
)
_TENS = words_in("twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBERS = {
    **{name: float(number) for number, name in enumerate(_ONES)},
    **{name: 10.0 * number for number, name in enumerate(_TENS, 2)},
    "dozen": 12.0,
    "couple": 2.0,
}
_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "k": 1e3,
    "grand": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "mm": 1e6,
    "billion": 1e9,
    "bn": 1e9,
}
_HALF = {"half", "quarter"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at words [first, last). `unit` None: it says none; `open`: "30+"; `spelled`: in
    words, which is often no number at all ("one of them")."""

    number: float
    unit: Unit | None
    first: int
    last: int
    open: bool = False
    spelled: bool = False


def quantity_at(words: Sequence[Word], first: int) -> Quantity | None:
    """The number that begins there."""
    sign, at = _sign(words, first)
    halved = _half_unit(words, at)
    if halved is not None:
        return halved
    read = _number(words, at)
    if read is None:
        return None
    number, at = read
    spelled = not any(word.numeric for word in words[first:at])
    number, at = _scaled(words, number, at, money=sign is not None)
    number, at = _and_a_half(words, number, at)
    opened = _text(words, at) == "+"
    at += opened
    unit, at = _unit(words, at)
    if not opened and _text(words, at) == "+":
        opened, at = True, at + 1
    return Quantity(number, sign or unit, first, at, opened, spelled and sign is None)


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].fold if 0 <= at < len(words) else ""


def _sign(words: Sequence[Word], at: int) -> tuple[Unit | None, int]:
    name = SIGNS.get(_text(words, at))
    follows = at + 1 < len(words) and words[at + 1].numeric
    return (UNITS[name], at + 1) if name and follows else (None, at)


def _number(words: Sequence[Word], at: int) -> tuple[float, int] | None:
    text = _text(words, at)
    if not text:
        return None
    if words[at].numeric:
        plain = text.replace(",", "")
        if plain.count(".") > 1 or "-" in plain or len(plain) > 15 or not plain.isascii():
            return None
        return float(plain), at + 1
    if text not in _NUMBERS:
        return None
    number = _NUMBERS[text]
    at += 1
    if text in _TENS and 0 < _NUMBERS.get(_text(words, at), 0) < 10:
        number, at = number + _NUMBERS[_text(words, at)], at + 1
    if text in ("couple", "dozen") and _text(words, at) == "of":
        at += 1
    return number, at


def _scaled(words: Sequence[Word], number: float, at: int, *, money: bool) -> tuple[float, int]:
    while (text := _text(words, at)) in _SCALES or (text == "m" and money):
        touching = at > 0 and words[at].start == words[at - 1].end
        if text == "mm" and not money:
            break
        if text == "k" and not (touching or words[at - 1].numeric):
            break
        number, at = number * _SCALES.get(text, 1e6), at + 1
    return number, at


def _and_a_half(words: Sequence[Word], number: float, at: int) -> tuple[float, int]:
    if [_text(words, at + step) for step in range(3)] == ["and", "a", "half"]:
        return number + 0.5, at + 3
    return number, at


def _half_unit(words: Sequence[Word], at: int) -> Quantity | None:
    """As in "half an hour", "half a million" is left to others; "an hour", "a week"."""
    first = at
    number = 1.0
    if _text(words, at) in _HALF:
        number = 0.5 if _text(words, at) == "half" else 0.25
        at += 1
    if _text(words, at) not in ("a", "an"):
        return None
    unit = UNITS.get(_text(words, at + 1))
    if unit is None or _text(words, at + 1) in SHORT:
        return None
    number, at = _and_a_half(words, number, at + 2)
    return Quantity(number, unit, first, at, spelled=True)


def _unit(words: Sequence[Word], at: int) -> tuple[Unit | None, int]:
    text = _text(words, at)
    pair = PAIRS.get((text, _text(words, at + 1)))
    if pair is not None:
        return pair, at + 2
    unit = UNITS.get(text)
    touching = 0 < at < len(words) and words[at].start == words[at - 1].end
    if unit is None or (text in SHORT and not touching):
        grams = text in ("g", "m", "l", "h") and at + 1 < len(words) and words[at - 1].numeric
        return (unit, at + 1) if unit is not None and (grams or _ends(words, at)) else (None, at)
    return unit, at + 1


def _ends(words: Sequence[Word], at: int) -> bool:
    """A short unit after a space, with nothing behind it: "under 200 g"."""
    return at + 1 == len(words) and words[at].fold in SHORT and words[at - 1].numeric
