"""Lists, "or" and "and": conditions joined into the clauses of a conjunction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag_server.core.filters import Filter
from rag_server.core.metadata_schema import FieldType
from rag_server.core.understanding import ClauseKind
from rag_server.retrievers.self_query.condition import Condition, all_of, any_of, filter_of
from rag_server.retrievers.self_query.vocabulary import ARTICLES, CONNECTORS, PREPOSITIONS
from rag_server.retrievers.self_query.words import Word

_OR = {"or", "/", "nor", "either"}
_AND = {"and", "&", "both", "well", "also", "plus"}
_BETWEEN = CONNECTORS | ARTICLES | PREPOSITIONS | {"than", "as", "one", "ones", "not"}

# Confidences that differ by so much are not of one list.
_APART = 0.2


@dataclass(frozen=True, slots=True)
class Joined:
    """A filter read at words [first, last), with how it came about."""

    filter: Filter
    kind: ClauseKind
    first: int
    last: int
    confidence: float
    note: str = ""


def clauses_of(words: Sequence[Word], conditions: Sequence[Condition]) -> list[Joined]:
    """What the conditions state together, ascending."""
    groups = _grouped(words, conditions)
    return [_joined(words, group) for group in _same_field(groups)]


def _grouped(words: Sequence[Word], conditions: Sequence[Condition]) -> list[list[Condition]]:
    """Runs of conditions that an "or", or a list of one field, holds together."""
    groups: list[list[Condition]] = []
    for each in conditions:
        if groups and _holds(words, groups[-1], each):
            groups[-1].append(_inheriting(groups[-1][-1], each))
        else:
            groups.append([each])
    return groups


def _inheriting(left: Condition, right: Condition) -> Condition:
    """As in "not by X or Y": the negation is of both."""
    same = left.field.name == right.field.name
    if same and left.negated and not right.negated and left.values and right.values:
        return replace(right, negated=True)
    return right


def _holds(words: Sequence[Word], group: Sequence[Condition], right: Condition) -> bool:
    left = group[-1]
    gap = [word.fold for word in words[left.last : right.first]]
    if right.negated and not left.negated and not _OR & set(gap):
        return False
    if abs(left.confidence - right.confidence) >= _APART and not _OR & set(gap):
        return False
    same = left.field.name == right.field.name
    known = _BETWEEN | ({text for text in gap if same} if len(gap) <= 2 else set())
    if not all(text in known for text in gap) or len(gap) > 4:
        return False
    return bool(_OR & set(gap)) or (same and bool(gap) and bool(left.values and right.values))


def _same_field(groups: list[list[Condition]]) -> list[list[Condition]]:
    """Values of one single-valued field that stand apart are alternatives: a document cannot
    have two of them. Excluded values of any field are one list. A sure one is not widened by a
    doubtful one: "French films about a German spy"."""
    merged: list[list[Condition]] = []
    for group in groups:
        twin = next((each for each in merged if _are_alternatives(each, group)), None)
        if twin is None:
            merged.append(group)
        else:
            twin.extend(group)
    return merged


def _are_alternatives(left: Sequence[Condition], right: Sequence[Condition]) -> bool:
    each = (*left, *right)
    fields = {one.field.name for one in each}
    plain = all(one.values and one.kind is ClauseKind.VALUE for one in each)
    if abs(_confidence(left) - _confidence(right)) >= _APART:
        return False
    if not plain or len(fields) > 1 or len({one.negated for one in each}) > 1:
        return False
    return each[0].negated or each[0].field.type is FieldType.STRING


def _joined(words: Sequence[Word], group: Sequence[Condition]) -> Joined:
    ordered = sorted(group, key=lambda each: each.first)
    kinds = {each.kind for each in group}
    return Joined(
        _filter(words, ordered),
        kinds.pop() if len(kinds) == 1 else ClauseKind.MIXED,
        ordered[0].first,
        max(each.last for each in group),
        min(1.0, max(0.0, _confidence(group))),
        "; ".join(each.note for each in ordered if each.note),
    )


def _confidence(group: Sequence[Condition]) -> float:
    return sum(each.confidence for each in group) / len(group)


def _filter(words: Sequence[Word], group: Sequence[Condition]) -> Filter:
    """Alternatives of one field become one list; the rest is a disjunction."""
    if len(group) == 1:
        return filter_of(group[0])
    fields = {each.field.name for each in group}
    values = all(each.values for each in group)
    negations = {each.negated for each in group}
    if len(fields) == 1 and values and len(negations) == 1:
        if _are_all_required(words, group):
            return all_of([filter_of(each) for each in group])
        listed = tuple(value for each in group for value in each.values)
        return filter_of(replace(group[0], values=listed))
    if negations == {True}:
        # "neither X nor Y", "not X or Y".
        return all_of([filter_of(each) for each in group])
    return any_of([filter_of(each) for each in group])


def _are_all_required(words: Sequence[Word], group: Sequence[Condition]) -> bool:
    """As in "about Austria and Switzerland" on a field of lists."""
    if group[0].field.type is not FieldType.STRING_LIST or group[0].negated:
        return False
    between = {
        word.fold for left, right in pairwise(group) for word in words[left.last : right.first]
    }
    return bool(_AND & between) and not _OR & between
