"""Values that are misspelt."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from rag_server.retrievers.self_query.lexicon import Entry, Lexicon
from rag_server.retrievers.self_query.vocabulary import (
    HEADS,
    NEGATIONS,
    RESTRICTING,
    TOPICAL,
)
from rag_server.retrievers.self_query.words import Word
from rag_server.text.vocabulary import STOP_WORDS

_SHORTEST = 5
# Similarity, 0 to 100, of a name and of any other word, which is taken for another one sooner.
_NAME, _WORD = 84.0, 90.0
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Speller:
    """Finds what a stretch of words was meant to be; only values with as many words."""

    lexicon: Lexicon
    by_length: dict[int, tuple[list[str], list[Entry]]]

    @classmethod
    def of(cls, lexicon: Lexicon) -> "Speller":
        """For the values of a lexicon."""
        by_length: dict[int, tuple[list[str], list[Entry]]] = {}
        for text, entry in lexicon.spellings:
            if len(text) < _SHORTEST or not any(each.isalpha() for each in text):
                continue
            texts, entries = by_length.setdefault(text.count(" ") + 1, ([], []))
            texts.append(text)
            entries.append(entry)
        return cls(lexicon, by_length)

    def at(self, words: Sequence[Word], first: int) -> tuple[int, list[Entry]]:
        """As `Lexicon.at`: the longest stretch that is nearly a value."""
        for length in range(min(_MOST_WORDS, len(words) - first), 0, -1):
            found = self._nearest(words[first : first + length], first)
            if found is not None:
                return length, [found]
        return 0, []

    def _nearest(self, stretch: Sequence[Word], first: int) -> Entry | None:
        known = self.by_length.get(len(stretch))
        if known is None or not _could_be_misspelt(stretch):
            return None
        texts, entries = known
        named = all(word.capital for word in stretch) and (first > 0 or len(stretch) > 1)
        text = " ".join(word.fold for word in stretch)
        cutoff = _NAME if named or len(stretch) > 1 else _WORD
        best = process.extractOne(text, texts, scorer=fuzz.ratio, score_cutoff=cutoff)
        if best is None:
            return None
        entry = entries[best[2]]
        written_as_name = entry.written[:1].isupper()
        if len(stretch) == 1 and not named and not written_as_name and len(text) < 7:
            return None
        return entry if best[0][0] == text[0] or named else None


def _could_be_misspelt(stretch: Sequence[Word]) -> bool:
    """Whether none of the words is a word of its own that would rarely be a mistake."""
    if len(stretch) == 1:
        word = stretch[0]
        common = STOP_WORDS | RESTRICTING | TOPICAL
        return (
            len(word.fold) >= _SHORTEST
            and word.fold.isalpha()
            and word.fold not in common
            and word.stem not in HEADS
        )
    return all(word.fold.isalpha() and word.fold not in STOP_WORDS | NEGATIONS for word in stretch)
