"""Values that are linked by meaning: only where their field is named, and where one stands out."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.filters import Comparison, Filter, Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.principal import Principal, Role
from rag_server.core.understanding import Fate, Understanding
from rag_server.retrievers.self_query.grammar import GrammarUnderstander

MANY = tuple(f"dish{number}x" for number in range(65))
SCHEMA = MetadataSchema(
    (
        FieldSchema("genre", FieldType.STRING_LIST, values=("horror", "comedy", "drama")),
        FieldSchema("dish", FieldType.STRING, values=MANY),
        FieldSchema("format", FieldType.STRING, values=("pdf",)),
    )
)
CALL = Call(Principal("acme", frozenset({Role.READER})), Deadline(60.0))
# Directions of meaning; "weird" is between two of them, "pasta" near to nothing.
_HORROR, _COMEDY = np.eye(4, dtype=np.float32)[:2]
MEANINGS = {
    "horror": _HORROR,
    "scary": np.array([0.8, 0.1, 0.1, 0.58], np.float32),
    "comedy": _COMEDY,
    "silly jokes": np.array([0.1, 0.75, 0.1, 0.64], np.float32),
    "weird": np.array([0.65, 0.6, 0.1, 0.45], np.float32),
    "drama": np.array([0, 0, 1, 0], np.float32),
    "pasta": np.array([0.5, 0.1, 0.1, 0.85], np.float32),
}


class Meanings:
    """Embeds by the table, anything else as a direction of its own; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(tuple(texts))
        other = np.array([0, 0, 0, 1], np.float32)
        return np.stack([MEANINGS.get(each, other) for each in texts])


@pytest.fixture
def meanings() -> Meanings:
    return Meanings()


@pytest.fixture
def understander(meanings: Meanings) -> GrammarUnderstander:
    return GrammarUnderstander(meanings)


def ask(understander: GrammarUnderstander, question: str) -> Understanding:
    return understander.understand(question, SCHEMA, date(2025, 3, 12), 0.6, CALL)


def holds(value: str) -> Filter:
    return Comparison("genre", Operator.CONTAINS, value)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("films of the scary genre", "horror"),
        ("genre: scary", "horror"),
        ("genre = scary", "horror"),
        ("films of a silly jokes genre", "comedy"),
    ],
)
def test_what_is_near_to_one_value_is_that_value(
    understander: GrammarUnderstander, question: str, value: str
) -> None:
    assert ask(understander, question).filter == holds(value)


def test_explain_says_so(understander: GrammarUnderstander) -> None:
    (clause,) = ask(understander, "films of the scary genre").clauses

    assert clause.fate is Fate.FILTER
    assert clause.confidence == 0.64
    assert clause.reason == 'taken for "horror", which is near in meaning'
    assert clause.span.of(b"films of the scary genre") == b"scary"


@pytest.mark.parametrize(
    "question",
    [
        "scary films",  # the field is not named
        "films of the weird genre",  # two are as near
        "films of the pasta genre",  # none is near
        "the scary dish",  # more values than are described
        "the scary format",  # nothing that it could stand out from
        "why do people like the scary genre",  # after a fact
    ],
)
def test_without_evidence_nothing_is_linked(
    understander: GrammarUnderstander, question: str
) -> None:
    assert ask(understander, question).filter is None


def test_a_value_that_is_named_is_enough(
    understander: GrammarUnderstander, meanings: Meanings
) -> None:
    assert ask(understander, "films of the drama genre, scary").filter == holds("drama")
    assert meanings.asked == []


def test_values_are_embedded_once(understander: GrammarUnderstander, meanings: Meanings) -> None:
    for _ in range(3):
        ask(understander, "films of the scary genre")

    assert meanings.asked.count(("horror", "comedy", "drama")) == 1


def test_a_tenant_does_not_learn_what_was_embedded_for_another(
    understander: GrammarUnderstander, meanings: Meanings
) -> None:
    other = Call(Principal("globex", frozenset({Role.READER})), Deadline(60.0))
    for call in (CALL, other, CALL, other):
        understander.understand("films of the scary genre", SCHEMA, date(2025, 3, 12), 0.6, call)

    assert meanings.asked.count(("horror", "comedy", "drama")) == 2


def test_without_an_embedder_the_step_is_left_out() -> None:
    assert ask(GrammarUnderstander(), "films of the scary genre").clauses == ()
