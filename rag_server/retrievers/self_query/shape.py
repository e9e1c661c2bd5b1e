"""The shape of a question: whether it asks for documents or for a fact, and which of its words
are its topic."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag_server.retrievers.self_query.vocabulary import (
    ASKING,
    CLAUSAL,
    EXISTENTIAL,
    HEADS,
    INTERROGATIVE,
    PERSONAL,
    RESTRICTING,
    SUBJECTS,
    TOPICAL,
)
from rag_server.retrievers.self_query.words import Word

# Past tenses without the usual ending.
_PAST = frozenset({"broke", "went", "fell", "came", "got", "became", "began"})
_ENDING = frozenset(",;:()?.")
# A question names what it looks for within so many words, with at most so many unknown ones.
_EARLY, _UNKNOWN = 5, 1


@dataclass(frozen=True, slots=True)
class Shape:
    """`heads`: words that name what is looked for; `topic`: words that say what it is about;
    `clause`: those of them that a clause of its own says, as "where a soldier comes home";
    `factual`: the question is after a fact, and names no documents; `events`: it is after what
    happened."""

    heads: frozenset[int]
    topic: frozenset[int]
    clause: frozenset[int]
    factual: bool
    events: bool


def shape_of(
    words: Sequence[Word], plural_values: Collection[int], linked: Collection[int]
) -> Shape:
    """`plural_values`: words that name a value in the plural, as "laptops", which are heads;
    `linked`: words that stand for anything of the schema."""
    nouns = {at for at, word in enumerate(words) if word.stem in HEADS}
    heads = frozenset({at for at in nouns if not is_verb(words, at)} | set(plural_values))
    first = words[0].fold if words else ""
    asks = first in ASKING or any(word.fold in ("show", "find", "list") for word in words[:4])
    events = _asks_for_events(words)
    asks = asks or events or _asks_whether(words)
    early = _early(words, heads, linked) and not _is_passive(words, linked)
    factual = first in INTERROGATIVE and not asks and not early
    topic, clause = _topic(words, linked)
    return Shape(heads, topic, clause, factual, events)


def _asks_whether(words: Sequence[Word]) -> bool:
    """As in "is there a phone ...", "do you have reports ..."."""
    opening = [word.fold for word in words[:3]]
    return opening[:2] in (["is", "there"], ["are", "there"]) or opening in (
        ["do", "you", "have"],
        ["do", "we", "have"],
    )


def _asks_for_events(words: Sequence[Word]) -> bool:
    """As in "what failed last week"; not "what happens in August"."""
    if len(words) < 2 or words[0].fold not in ("what", "which"):
        return False
    return words[1].fold.endswith("ed") or words[1].fold in _PAST


def is_verb(words: Sequence[Word], at: int) -> bool:
    """Whether the word is one of doing, by what stands before: "how do I report", "to record"."""
    return at > 0 and words[at - 1].fold in SUBJECTS and not words[at].capital


def _early(words: Sequence[Word], heads: Collection[int], linked: Collection[int]) -> bool:
    """Whether documents are named before the question says more: "what films ..."."""
    unknown = 0
    for at, word in enumerate(words[: _EARLY + 1]):
        if at in heads:
            return True
        if at and word.fold in PERSONAL and words[at - 1].fold not in ("do", "did"):
            return False
        known = at == 0 or at in linked or word.fold in EXISTENTIAL
        unknown += not known
        if unknown > _UNKNOWN:
            return False
    return False


def _is_passive(words: Sequence[Word], linked: Collection[int]) -> bool:
    """As in "where is the ticket refunded"; "where is the travel policy" asks for a document."""
    last = max((at for at, word in enumerate(words) if word.fold.isalpha()), default=0)
    circumstance = bool(words) and words[0].fold in ("where", "how", "when", "why")
    return circumstance and last not in linked and words[last].fold.endswith("ed")


def _topic(words: Sequence[Word], linked: Collection[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Words of the topic, and those of them that are in a clause of their own."""
    inside = clausal = False
    topic, clause = set(), set()
    for at, word in enumerate(words):
        if word.fold in _ENDING:
            inside = clausal = False
        elif at > 0 and (word.fold in CLAUSAL or _is_within(words, at)):
            inside = clausal = True
        elif word.fold in TOPICAL and at > 0:
            inside = True
        elif word.fold in RESTRICTING and not clausal:
            inside = False
        elif inside:
            # "about a soldier stranded in France"
            clausal |= at not in linked and word.fold.endswith("ed")
            topic.add(at)
            clause |= {at} if clausal else set()
    return frozenset(topic), frozenset(clause)


def _is_within(words: Sequence[Word], at: int) -> bool:
    """As in "in which the flu empties a village", "set in Japan"."""
    return (words[at - 1].fold, words[at].fold) in {("in", "which"), ("set", "in")}
