"""Finds the place in the hits that supports a statement, by words alone."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rag_server.core.protocols import Support
from rag_server.core.retrieval import Hit
from rag_server.core.values import Span
from rag_server.text.offsets import ByteOffsets
from rag_server.text.sentences import sentences
from rag_server.text.support import support
from rag_server.text.words import Words, words

# From human labels of whole answers (mean over statements of the best sentence's
# support; AUROC .94 on MT-RAG, .93 on BEGIN): at .45 the share of unfaithful
# answers that pass is 2% on MT-RAG and 31% on BEGIN, whose false answers stay
# close to the source; of the faithful ones 63% and 96% pass. It lies above
# NUMBER_CAP, so no sentence is cited for a number that it lacks.
THRESHOLD = 0.45

# The look-behind lets a run of blanks be tried once, not once from each of them.
_MARKER = re.compile(r"(?<!\s)\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_LIST_MARK = re.compile(r"\A\s*(?:[-*+\u2022]|\d{1,3}[.)])\s+")
_WORD = re.compile(r"\w")
_REMEMBERED_SENTENCES = 4096


class LexicalCiter:
    """A quote is found word for word; anything else by the words of single sentences.

    Markers such as `[2]` or `[1][3]` in a statement name hits, from 1. Those are
    tried first; the markers themselves are not part of what is stated.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        # The statements of an answer are held against the same sentences in turn.
        self._words = lru_cache(_REMEMBERED_SENTENCES)(words)

    def cite(self, statement: str, hits: Sequence[Hit]) -> Support | None:
        """A quote (score 1) in the best ranked hit that has it, else the sentence with
        the best support over all hits; None where that is below the threshold."""
        claim = _claim(statement)
        said = words(claim)
        if not said.stems:
            return None
        quotes = tuple(dict.fromkeys((statement.strip(), claim, claim.rstrip(".!?"))))
        for indices in (_marked(statement, len(hits)), range(len(hits))):
            found = _quoted(quotes, hits, indices) or self._best(said, hits, indices)
            if found is not None:
                return found
        return None

    def statements(self, text: str) -> tuple[Span, ...]:
        """Byte spans of the sentences of `text` that state anything, ascending."""
        ranges = (each for each in sentences(text) if _WORD.search(_claim(text[slice(*each)])))
        return ByteOffsets(text).spans(ranges)

    def _best(self, said: Words, hits: Sequence[Hit], indices: Iterable[int]) -> Support | None:
        best: Support | None = None
        for index in indices:
            encoded = hits[index].chunk.text.encode()
            for span in hits[index].sentences.spans:
                score = support(said, self._words(span.of(encoded).decode()))
                if score >= self._threshold and (best is None or score > best.score):
                    best = Support(index, span, score)
        return best


def _claim(statement: str) -> str:
    return _MARKER.sub("", _LIST_MARK.sub("", statement, count=1)).strip()


def _marked(statement: str, count: int) -> list[int]:
    """Indices, from 0, of the hits that markers name; those that do not exist are left out."""
    numbers = (each for marker in _MARKER.findall(statement) for each in re.findall(r"\d+", marker))
    return sorted({int(each) - 1 for each in numbers if 1 <= int(each) <= count})


def _quoted(quotes: Sequence[str], hits: Sequence[Hit], indices: Iterable[int]) -> Support | None:
    for index in indices:
        for quote in quotes:
            if span := _find(quote, hits[index]):
                return Support(index, span, 1.0)
    return None


def _find(quote: str, hit: Hit) -> Span | None:
    """Where `quote` stands between word edges, at the beginning of a sentence if it does."""
    text = hit.chunk.text
    if quote not in text:
        return None
    edged = re.compile(rf"(?<!\w){re.escape(quote)}(?!\w)")
    spans = ByteOffsets(text).spans(each.span() for each in edged.finditer(text))
    begins = {each.start for each in hit.sentences.spans}
    return next((each for each in spans if each.start in begins), spans[0] if spans else None)
