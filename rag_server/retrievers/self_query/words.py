"""A question as words with their offsets."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import Stemmer

# More than any question that a person asks; the rest carries no conditions.
MOST_WORDS = 400
_WORD = re.compile(
    r"\d{4}-\d{2}-\d{2}"  # a day
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"  # 1,500.50
    r"|\d+(?:\.\d+)*"  # 12, 1.5, 2.1.3
    r"|[^\W\d_]+"
    r"|[$€£¥%+,;:.?!()<>=&\"\u2013\u2014/]"
    r"|(?<=[\d\s])-(?=[\d\s$€£])"  # between numbers
)
_POSSESSIVE = re.compile(r"['\u2019](?:s\b)?")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or sign at characters [start, end); `fold` is without case and accents,
    `stem` without its ending."""

    text: str
    fold: str
    stem: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.text[:1].isupper()

    @property
    def numeric(self) -> bool:
        """Whether it is digits."""
        return self.text[:1].isdecimal()


def words_of(text: str) -> list[Word]:
    """The words of a text, ascending, at most `MOST_WORDS`."""
    # Of the same length, so that offsets stay: "Claire's" is "Claire" and nothing.
    plain = _POSSESSIVE.sub(lambda found: " " * len(found.group()), text)
    found = [each for _, each in zip(range(MOST_WORDS), _WORD.finditer(plain), strict=False)]
    folds = [fold(each.group()) for each in found]
    return [
        Word(each.group(), folded, stem, each.start(), each.end())
        for each, folded, stem in zip(found, folds, stems(folds), strict=True)
    ]


def fold(text: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def stems(folds: Iterable[str]) -> list[str]:
    """Stems of folded words."""
    # A stemmer must not be shared between threads; a new one costs a microsecond.
    found: list[str] = Stemmer.Stemmer("english").stemWords(list(folds))
    return found


def words_in(text: str) -> tuple[str, ...]:
    """The words of a table, in its order."""
    return tuple(text.split())
