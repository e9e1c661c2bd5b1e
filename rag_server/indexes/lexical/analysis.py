"""What of a text can be searched for: its terms.

Documents and questions are analysed alike. A word gives its stem, unless it says nothing
(`STOP_WORDS`). What looks like an identifier gives itself, folded, and its parts as words:
`ERR_CONN_42` gives `err_conn_42`, `err`, `conn` and `42`. English compounds such as
`boundary-layer` give their parts, and are found whole by the pair of them. Scripts without
spaces between words give every character and every two neighbours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag_server.text.vocabulary import STOP_WORDS
from rag_server.text.words import normalised, plain, stems

# Kana, Han, Hangul; Thai, Lao, Burmese and Khmer, whose vowels are marks.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e80-\u0ece\u1000-\u1049\u1780-\u17d3\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks that are part of a word but no letters to `re`: of accents, Hebrew, Arabic, and the
# scripts of India and Tibet.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0f18-\u0fc6"
)
_LETTER = rf"(?:[^\W{_UNSPACED}]|[{_MARKS}])"
# A run of an unspaced script, or words joined by single signs as in names, paths, versions and
# numbers. `C++` and `C#` keep their ends.
_TOKEN = re.compile(
    rf"[{_UNSPACED}]+"
    rf"|{_LETTER}+(?:(?:::|[-._/:@\\]|(?<=\d),(?=\d\d\d)){_LETTER}+)*(?:\+\+|\#(?!\w))?"
)
_RUN = re.compile(rf"[{_UNSPACED}]+")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
# Words joined by these only, and of letters only, are a compound rather than a name.
_COMPOUND = re.compile(r"[^\W\d_]+(?:[-/][^\W\d_]+)*")
_JOINTS = re.compile(r"[-._/:@\\,+#]+")
# Beyond these a term is cut, a part is not taken to pieces, a token is not remembered.
_LONGEST_TERM = 128
_LONGEST_PART = 40
_MOST_PIECES = 6
_LONGEST_KNOWN = 40
# Tokens that are remembered: most words of a text were seen before.
_KNOWN = 65_536
# Between the two stems of a pair; no stem has it.
_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a text in its order, without white space. `words`: stems of content words,
    identifiers and their parts, characters and pairs of characters of unspaced scripts.
    `pairs`: two neighbours of these stems each, whatever stop words stand between."""

    words: tuple[str, ...]
    pairs: tuple[str, ...]


def analyse(text: str) -> Terms:
    """The terms of a text, in time linear in its length."""
    words: list[str] = []
    sequence: list[str] = []
    for token in _TOKEN.findall(normalised(text).replace("\u00ad", "")):
        of_token, in_order = _known(token) if len(token) <= _LONGEST_KNOWN else _take_apart(token)
        words += of_token
        sequence += in_order
    return Terms(tuple(words), tuple(_BETWEEN.join(pair) for pair in pairwise(sequence)))


_Taken = tuple[Sequence[str], Sequence[str]]


def _take_apart(token: str) -> _Taken:
    """(terms, stems in order) of a token."""
    if _RUN.fullmatch(token):
        return (*token, *map("".join, pairwise(token))), tuple(token)
    if _NUMBER.fullmatch(token):
        number = plain(token)[:_LONGEST_TERM]
        return (number,), (number,)
    parts = [piece for part in _JOINTS.split(token) if part for piece in _pieces(part)]
    folded = [plain(part.casefold())[:_LONGEST_TERM] for part in parts]
    stemmed = stems(folded)
    pairs = zip(stemmed, folded, strict=True)
    content = tuple(stem for stem, word in pairs if word not in STOP_WORDS)
    return ((_whole(token), *content) if _names(token, parts) else content), content


def _names(token: str, parts: Sequence[str]) -> bool:
    """Whether a token is more than its words: an identifier."""
    if token[-1] in "+#":
        return True
    joined = _JOINTS.split(token)
    return len(parts) > len(joined) or (len(parts) > 1 and not _COMPOUND.fullmatch(token))


def _whole(token: str) -> str:
    """An identifier as one term; one of letters only may have an English ending."""
    folded = token.strip("_").casefold()[:_LONGEST_TERM]
    return stems([folded])[0] if folded.isalpha() else folded


def _pieces(part: str) -> Sequence[str]:
    """A part cut where letters meet digits, and where a capital begins a word."""
    if len(part) > _LONGEST_PART:
        return (part,)
    cuts = [place for place in range(1, len(part)) if _begins(part, place)]
    if len(cuts) >= _MOST_PIECES:
        return (part,)
    return [part[start:end] for start, end in pairwise((0, *cuts, len(part)))]


def _begins(part: str, place: int) -> bool:
    before, here, after = part[place - 1], part[place], part[place + 1 : place + 2]
    if before.isdigit() != here.isdigit():
        return True
    if not here.isupper():
        return False
    # "parseURL" and "URLParser"; the plural "URLs" is one word.
    return before.islower() or (after.islower() and part[place + 1 :] != "s")


_known = lru_cache(_KNOWN)(_take_apart)
