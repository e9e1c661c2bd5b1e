"""What the grammar makes of the questions that it was developed with, those of `make eval`."""

from dataclasses import dataclass, field
from functools import cache

import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.metadata_schema import CollectionSchema, MetadataSchema, Tallies
from rag_server.core.principal import Principal, Role
from rag_server.core.understanding import Fate
from rag_server.evaluation.filter_scores import FilterScore
from rag_server.retrievers.self_query.grammar import GrammarUnderstander
from tests.evaluation.filter_set import FilterSet, read
from tests.evaluation.selfquery_group import OWN

SETS = sorted(each.name for each in OWN.iterdir() if not each.name.endswith("_held_out"))
_THRESHOLD = 0.6
_VALUES = 1_000
_UNDERSTANDER = GrammarUnderstander()
_CALL = Call(Principal("acme", frozenset({Role.READER})), Deadline(600.0))


@dataclass(slots=True)
class Reading:
    """What became of a set's questions, those without a condition apart."""

    score: FilterScore = field(default_factory=FilterScore)
    plain: int = 0
    narrowed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


@cache
def reading(name: str) -> Reading:
    label = read(OWN / name)
    assert label is not None
    schema, result = _schema(label), Reading()
    documents = [each.metadata for each in label.documents]
    for each in label.questions:
        found = _UNDERSTANDER.understand(each.text, schema, each.today, _THRESHOLD, _CALL)
        result.score.add(found.filter, each.filter, documents)
        fates = {clause.fate for clause in found.clauses}
        if each.filter is None:
            result.plain += 1
            result.narrowed += [each.text] * (Fate.FILTER in fates)
            result.moved += [each.text] * (fates - {Fate.DROPPED} == {Fate.BOOST})
    return result


def _schema(label: FilterSet) -> MetadataSchema:
    tallies = Tallies()
    for each in label.documents:
        tallies.add(each.metadata)
    return CollectionSchema(label.schema, tallies.catalogue(_VALUES)).effective()


@pytest.mark.parametrize("name", SETS)
def test_questions_without_conditions_are_not_narrowed(name: str) -> None:
    found = reading(name)

    assert found.plain >= 30
    # One word in some has two meanings that nothing in the question tells apart.
    assert len(found.narrowed) <= 0.08 * found.plain, found.narrowed
    assert len(found.moved) <= 0.15 * found.plain, found.moved


@pytest.mark.parametrize("name", SETS)
def test_questions_with_conditions_find_what_they_mean(name: str) -> None:
    assert reading(name).score.execution_match >= 0.94
