"""The shape of a question: whether it asks for documents or for a fact, and which of its words
are its topic."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag_server.retrievers.self_query.vocabulary import (
    ASKING,
    HEADS,
    INTERROGATIVE,
    RESTRICTING,
    TOPICAL,
)
from rag_server.retrievers.self_query.words import Word


@dataclass(frozen=True, slots=True)
class Shape:
    """`heads`: words that name what is looked for; `topic`: words that say what it is about;
    `factual`: the question is after a fact, and names no documents; `cased`: capitals mean
    something in it."""

    heads: frozenset[int]
    topic: frozenset[int]
    factual: bool
    cased: bool


def shape_of(words: Sequence[Word], plural_values: Collection[int]) -> Shape:
    """`plural_values`: words that name a value in the plural, as "laptops", which are heads."""
    heads = {at for at, word in enumerate(words) if word.stem in HEADS} | set(plural_values)
    first = words[0].fold if words else ""
    asks = first in ASKING or any(word.fold in ("show", "find", "list") for word in words[:4])
    factual = first in INTERROGATIVE and not asks and not _early(heads)
    cased = any(word.capital for word in words[1:])
    return Shape(frozenset(heads), _topic(words), factual, cased)


def _early(heads: Collection[int]) -> bool:
    """Whether documents are named before the question says more: "what films ..."."""
    return any(at <= 5 for at in heads)


def _topic(words: Sequence[Word]) -> frozenset[int]:
    inside, found = False, set()
    for at, word in enumerate(words):
        if word.fold in TOPICAL and at > 0:
            inside = True
        elif word.fold in RESTRICTING or word.fold in (",", ";", ":", "(", ")", "?", "."):
            inside = False
        elif inside:
            found.add(at)
    return frozenset(found)
