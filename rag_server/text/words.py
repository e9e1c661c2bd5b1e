"""Content words of a text: folded, without stop words, stemmed."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import Stemmer

from rag_server.text.vocabulary import NUMBER_WORDS, STOP_WORDS

# Scripts without spaces between words: each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:[.,]\d[^\W{_UNSPACED}]*)*")
# Normalising takes the square of a run of combining marks, so a run is cut; other text
# is cut before white space, where nothing composes.
_PART = re.compile(r"(?s:.{1,256})(?=\s|\Z)|(?s:.{1,256})")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says, word by word: stems of its content words in their order,
    pairs of neighbouring stems (stop words included), and its numbers, in digits."""

    stems: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    numbers: frozenset[str]


def words(text: str) -> Words:
    """The content words of a text. Identifiers such as `ERR_CONN_42` or `v1.2.3`
    and numbers stay whole; "1,000", "1000" and "1000.0" are one number, as are
    "twelve" and "12"."""
    found = [plain(each) for each in _WORD.findall(normalised(text).casefold())]
    stemmed = stems(found)
    content = (stem for stem, word in zip(stemmed, found, strict=True) if word not in STOP_WORDS)
    numbers = (each for each in found if each[0].isdigit())
    return Words(tuple(content), tuple(pairwise(stemmed)), frozenset(numbers))


def normalised(text: str) -> str:
    """The text in normal form NFKC, in time linear in its length."""
    return "".join(unicodedata.normalize("NFKC", each) for each in _PART.findall(text))


def stems(folded: Sequence[str]) -> list[str]:
    """The stems of folded words, in order; what is no English word mostly stays as it is."""
    # A stemmer must not be shared between threads; a new one costs a microsecond.
    return list(Stemmer.Stemmer("english").stemWords(folded))


def plain(word: str) -> str:
    """Numbers in one spelling, other folded words as they are."""
    if _NUMBER.fullmatch(word):
        whole, _, fraction = word.replace(",", "").partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole
    return NUMBER_WORDS.get(word, word)
