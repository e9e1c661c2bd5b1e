"""Negations, and which condition each is of."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from rag_server.retrievers.self_query.condition import Condition
from rag_server.retrievers.self_query.vocabulary import (
    AFFIRMED,
    NEGATING_PAIRS,
    NEGATIONS,
    TOPICAL,
)
from rag_server.retrievers.self_query.words import Word

_REACH = 5
_STOPPING = frozenset({",", ";", ".", "?", "!", "but", "just", "that", "which", "so", "because"})


def negated(
    words: Sequence[Word],
    conditions: Sequence[Condition],
    comparing: Collection[int],
    heads: Collection[int],
) -> list[Condition]:
    """The conditions, those negated that a negation stands before (or in); `comparing`: words
    that belong to a comparator, such as "no more than"."""
    result = list(conditions)
    for at, length in _negations(words, comparing):
        number = _of(words, conditions, at, length, heads)
        if number is not None:
            result[number] = _turned(result[number], at)
    return result


def _turned(condition: Condition, at: int) -> Condition:
    first = min(condition.first, at)
    return replace(condition, negated=not condition.negated, first=first)


def _negations(words: Sequence[Word], comparing: Collection[int]) -> list[tuple[int, int]]:
    """(first word, number of words) of every negation."""
    found: list[tuple[int, int]] = []
    for at, word in enumerate(words):
        if at in comparing:
            continue
        pair = (word.fold, words[at + 1].fold) if at + 1 < len(words) else ("", "")
        if pair in NEGATING_PAIRS:
            found.append((at, 2))
        elif _negates(words, at) and not (found and sum(found[-1]) == at):
            # Of "not other than" and "but not without", the second says no more than the first.
            found.append((at, 1))
    return found


def _negates(words: Sequence[Word], at: int) -> bool:
    behind = words[at + 1].fold if at + 1 < len(words) else ""
    return words[at].fold in NEGATIONS and behind not in AFFIRMED and not _is_whether(words, at)


def _is_whether(words: Sequence[Word], at: int) -> bool:
    return (
        at > 0 and words[at - 1].fold == "or" and any(word.fold == "whether" for word in words[:at])
    )


def _of(
    words: Sequence[Word],
    conditions: Sequence[Condition],
    at: int,
    length: int,
    heads: Collection[int],
) -> int | None:
    """Number of the condition that the negation at words [at, at + length) is of."""
    behind = at + length
    for number, each in enumerate(conditions):
        if each.first == at < each.last:
            # "non-remote" is a name of its own, which says it already.
            return None
        if each.first < at < each.last:
            return number
        if each.last <= at:
            continue
        gap = range(behind, each.first)
        return number if len(gap) <= _REACH and not _stops(words, gap, behind, heads) else None
    return None


def _stops(words: Sequence[Word], gap: range, behind: int, heads: Collection[int]) -> bool:
    """Whether what lies between belongs to something else; a head right behind, as in "no
    films by", does not."""
    for at in gap:
        if words[at].fold in _STOPPING or words[at].fold in TOPICAL:
            return True
        if at in heads and at > behind + 1:
            return True
    return False
