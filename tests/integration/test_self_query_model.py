"""Self-query by a language model: what it says is held against the schema, and nothing depends
on its saying it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from rag_client import (
    DegradationKind,
    Document,
    F,
    Fate,
    FieldType,
    MetadataField,
    MetadataSchema,
    PipelineSpec,
    RagClient,
    Retrieval,
    SelfQueryRetriever,
    Understander,
)
from rag_client.values import Metadata
from tests.language_model import ScriptedModel, scripted_model
from tests.serving import serving

SCHEMA = MetadataSchema(
    (
        MetadataField("kind", FieldType.STRING, values=("memo", "policy")),
        MetadataField("level", FieldType.STRING, values=("low", "medium", "high"), ordered=True),
        MetadataField("pages", FieldType.INT64, description="How long it is"),
        MetadataField("published", FieldType.TIMESTAMP),
    )
)
SPEC = PipelineSpec(SelfQueryRetriever(understander=Understander.LLM, today="2025-03-12"))
QUESTION = "memos from last year on parking"
DOCUMENTS = [
    ("m1", "memo", "low", 2, 2024, "Parking spaces are handed out by lot."),
    ("m2", "memo", "medium", 9, 2025, "Parking costs two euros."),
    ("p1", "policy", "high", 12, 2024, "Parking is free for visitors."),
]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def house(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    data_dir = tmp_path_factory.mktemp("understanding") / "data"
    with serving(data_dir, env=model.environment()) as server, RagClient(server.address) as rag:
        rag.collections.create("house", metadata_schema=SCHEMA)
        documents = [_document(*each) for each in DOCUMENTS]
        rag.documents.upsert("house", documents).raise_for_failures()
        yield rag


def _document(name: str, kind: str, level: str, pages: int, year: int, text: str) -> Document:
    published = datetime(year, 6, 1, tzinfo=UTC)
    metadata: Metadata = {"kind": kind, "level": level, "pages": pages, "published": published}
    return Document(name, text, metadata=metadata)


def says(*clauses: dict[str, Any], query: str = "parking") -> dict[str, Any]:
    return {"query": query, "clauses": list(clauses)}


def clause(field: str, op: str, value: object, quote: str, confidence: float = 0.9) -> Any:
    return {"field": field, "op": op, "value": value, "quote": quote, "confidence": confidence}


def ask(
    rag: RagClient, model: ScriptedModel, answer: object, question: str = QUESTION, **more: Any
) -> Retrieval:
    model.answer = lambda prompt: answer
    return rag.retrieve("house", question, spec=SPEC, explain=True, **more)


def ids(found: Retrieval) -> set[str]:
    return {hit.document_id for hit in found.hits}


def kinds(found: Retrieval) -> list[DegradationKind]:
    return [each.kind for each in found.degradations]


def test_what_the_model_says_is_a_filter(house: RagClient, model: ScriptedModel) -> None:
    answer = says(
        clause("published", "gte", "2024-01-01", "from last year"),
        clause("published", "lt", "2025-01-01", "from last year"),
        clause("kind", "eq", "Memo", "memos"),
    )

    found = ask(house, model, answer)

    assert ids(found) == {"m1"}
    assert kinds(found) == []
    assert found.understanding is not None
    assert (found.understanding.source, found.understanding.query) == ("llm", "parking")
    assert [each.span.of(QUESTION) for each in found.understanding.clauses] == [
        "memos",
        "from last year",
        "from last year",
    ]
    assert {each.fate for each in found.understanding.clauses} == {Fate.FILTER}


def test_the_model_is_told_fields_values_today_and_the_question(
    house: RagClient, model: ScriptedModel
) -> None:
    ask(house, model, says())

    told = model.prompts[-1]
    assert "2025-03-12" in told
    assert QUESTION in told
    assert all(text in told for text in ("kind", "memo; policy", "How long it is", "ascending"))


def test_an_order_of_texts_becomes_the_values_that_have_it(
    house: RagClient, model: ScriptedModel
) -> None:
    answer = says(clause("level", "gte", "medium", "at least medium"))

    assert ids(ask(house, model, answer, "parking, at least medium")) == {"m2", "p1"}


def test_a_list_and_its_negation(house: RagClient, model: ScriptedModel) -> None:
    answer = says(clause("kind", "nin", ["policy"], "no policies"))

    assert ids(ask(house, model, answer, "parking, no policies")) == {"m1", "m2"}


def test_a_value_that_does_not_exist_is_dropped_with_a_reason(
    house: RagClient, model: ScriptedModel
) -> None:
    answer = says(clause("kind", "eq", "poem", "memos"), clause("pages", "lt", 5, "on parking"))

    found = ask(house, model, answer)

    assert ids(found) == {"m1"}
    assert kinds(found) == [DegradationKind.FILTER_DROPPED]
    assert found.understanding is not None
    dropped = found.understanding.clauses[0]
    assert (dropped.fate, dropped.reason) == (Fate.DROPPED, "never has that value")


@pytest.mark.parametrize(
    "wrong",
    [
        clause("pages", "lt", "few", "memos"),
        clause("published", "gte", "last year", "memos"),
        clause("kind", "eq", "memo", "reports"),
        clause("kind", "eq", "memo", " "),
    ],
    ids=["no number", "no date", "no quote of the question", "an empty quote"],
)
def test_a_clause_that_says_nothing_is_none(
    house: RagClient, model: ScriptedModel, wrong: dict[str, Any]
) -> None:
    found = ask(house, model, says(wrong))

    assert ids(found) == {"m1", "m2", "p1"}
    assert found.understanding is not None
    assert (found.understanding.source, found.understanding.clauses) == ("llm", ())


def test_what_the_model_is_unsure_of_does_not_hide(house: RagClient, model: ScriptedModel) -> None:
    answer = says(
        clause("kind", "eq", "policy", "memos", 0.55),
        clause("level", "eq", "high", "parking", 0.2),
    )

    found = ask(house, model, answer)

    assert ids(found) == {"m1", "m2", "p1"}
    assert found.understanding is not None
    assert [each.fate for each in found.understanding.clauses] == [Fate.BOOST, Fate.DROPPED]


def test_a_condition_that_nothing_passes_is_given_up(
    house: RagClient, model: ScriptedModel
) -> None:
    found = ask(house, model, says(clause("pages", "gt", 500, "memos")))

    assert ids(found) == {"m1", "m2", "p1"}
    assert kinds(found) == [DegradationKind.FILTER_RELAXED]


def test_the_model_does_not_widen_the_request_s_filter(
    house: RagClient, model: ScriptedModel
) -> None:
    answer = says(clause("kind", "eq", "memo", "memos"))

    assert ids(ask(house, model, answer, filter=F("kind") == "policy")) == {"p1"}


@pytest.mark.parametrize(
    "answer",
    [
        "I think they want memos.",
        {"clauses": []},
        says(clause("colour", "eq", "red", "memos")),
        says(clause("kind", "like", "memo", "memos")),
        says(clause("kind", "eq", "memo", "memos", 7.0)),
    ],
    ids=["no JSON", "no query", "a field that is none", "an operator that is none", "sure of 7"],
)
def test_an_answer_out_of_form_leaves_it_to_the_grammar(
    house: RagClient, model: ScriptedModel, answer: object
) -> None:
    found = ask(house, model, answer)

    assert ids(found) == {"m1"}
    assert kinds(found) == [DegradationKind.UNDERSTANDER_FELL_BACK]
    assert found.understanding is not None
    assert found.understanding.source == "grammar"


def test_a_model_that_refuses_leaves_it_to_the_grammar(
    house: RagClient, model: ScriptedModel
) -> None:
    model.status = 500
    try:
        found = ask(house, model, says())
    finally:
        model.status = 200

    assert ids(found) == {"m1"}
    assert kinds(found) == [DegradationKind.UNDERSTANDER_FELL_BACK]
