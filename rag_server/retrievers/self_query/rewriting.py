"""A question without the words that became filters."""

import re
from collections.abc import Iterable, Sequence

from rag_server.retrievers.self_query.vocabulary import ARTICLES, CONNECTORS
from rag_server.retrievers.self_query.words import Word
from rag_server.text.vocabulary import STOP_WORDS

_LEADING = (
    "by from in at of with under since rated made written directed released published issued "
    "that which are is was were but only have has"
)
_DANGLING = CONNECTORS | ARTICLES | frozenset(_LEADING.split())
_SPACE = re.compile(r"\s+")


def rewritten(question: str, words: Sequence[Word], spans: Iterable[tuple[int, int]]) -> str:
    """The question without words [first, last) of the spans and what they leave dangling; the
    question itself where nothing of a topic would be left."""
    removed = {at for first, last in spans for at in range(first, last)}
    if not removed:
        return question
    kept = _trimmed(words, [at for at in range(len(words)) if at not in removed], removed)
    content = [at for at in kept if words[at].fold not in STOP_WORDS and words[at].fold.isalnum()]
    if not content:
        return question
    runs: list[tuple[int, int]] = []
    for at in kept:
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    parts = [question[words[first].start : words[last - 1].end] for first, last in runs]
    return _SPACE.sub(" ", " ".join(parts)).strip() or question


def _trimmed(words: Sequence[Word], kept: list[int], removed: set[int]) -> list[int]:
    """Without prepositions and connectors right before what was removed."""
    result = list(kept)
    changed = True
    while changed:
        changed = False
        for at in list(result):
            behind = at + 1
            if words[at].fold in _DANGLING and (behind in removed or behind == len(words)):
                result.remove(at)
                removed.add(at)
                changed = True
    while result and words[result[0]].fold in (",", "and", "or", ";", "?", "."):
        result.pop(0)
    return result
