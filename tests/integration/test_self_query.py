"""Self-query through the service: what is understood filters, what is uncertain does not hide."""

from datetime import UTC, datetime

import pytest

from rag_client import (
    DegradationKind,
    Document,
    F,
    Fate,
    FieldType,
    InvalidArgument,
    MetadataField,
    MetadataSchema,
    NotFound,
    PipelineSpec,
    RagClient,
    SelfQueryRetriever,
    Understander,
)
from rag_client.values import Metadata

SCHEMA = MetadataSchema(
    (
        MetadataField("kind", FieldType.STRING, values=("memo", "policy")),
        MetadataField("team", FieldType.STRING, values=("Finance", "Legal", "Marketing")),
        MetadataField("pages", FieldType.INT64, description="How long it is"),
        MetadataField("published", FieldType.TIMESTAMP, aliases=("issued",)),
        MetadataField("author", FieldType.STRING, value_aliases={"Anna Kowalska": ("the chief",)}),
    )
)
SPEC = PipelineSpec(SelfQueryRetriever(today="2025-03-12"))
DOCUMENTS = [
    ("m1", "memo", 2, 2024, "Anna Kowalska", "Parking spaces are handed out by lot."),
    ("m2", "memo", 9, 2025, "Peter Vogel", "The canteen closes at three."),
    ("p1", "policy", 12, 2024, "Anna Kowalska", "Parking is free for visitors."),
    ("p2", "policy", 40, 2023, "Peter Vogel", "Travel is paid by the firm."),
]


@pytest.fixture
def house(rag: RagClient, collection: str) -> str:
    rag.collections.update(collection, metadata_schema=SCHEMA)
    documents = [_document(*each) for each in DOCUMENTS]
    rag.documents.upsert(collection, documents).raise_for_failures()
    return collection


def _document(name: str, kind: str, pages: int, year: int, author: str, text: str) -> Document:
    published = datetime(year, 6, 1, tzinfo=UTC)
    metadata: Metadata = {
        "kind": kind,
        "team": "Marketing" if kind == "memo" else "Legal",
        "pages": pages,
        "published": published,
        "author": author,
    }
    return Document(name, text, metadata=metadata)


def ids(rag: RagClient, house: str, question: str, **options: object) -> list[str]:
    found = rag.retrieve(house, question, spec=SPEC, **options)  # type: ignore[arg-type]
    return [hit.document_id for hit in found.hits]


def test_what_is_understood_is_a_filter(rag: RagClient, house: str) -> None:
    found = rag.retrieve(house, "memos from last year on parking", spec=SPEC, explain=True)

    assert [hit.document_id for hit in found.hits] == ["m1"]
    assert found.understanding is not None
    assert found.understanding.source == "grammar"
    assert [each.fate for each in found.understanding.clauses] == [Fate.FILTER, Fate.FILTER]
    assert [
        each.span.of("memos from last year on parking") for each in (found.understanding.clauses)
    ] == ["memos", "from last year"]


def test_aliases_of_the_schema_are_understood(rag: RagClient, house: str) -> None:
    assert set(ids(rag, house, "documents by the chief")) == {"m1", "p1"}


def test_a_value_is_understood_by_its_meaning_where_the_field_is_named(
    rag: RagClient, house: str
) -> None:
    found = rag.retrieve(house, "documents of the advertising team", spec=SPEC, explain=True)

    assert {hit.document_id for hit in found.hits} == {"m1", "m2"}
    assert found.understanding is not None
    (clause,) = found.understanding.clauses
    assert (clause.filter, clause.fate) == (F("team") == "Marketing", Fate.FILTER)
    assert clause.reason == 'taken for "Marketing", which is near in meaning'


def test_the_understanding_is_told_with_explain_only(rag: RagClient, house: str) -> None:
    assert rag.retrieve(house, "memos", spec=SPEC).understanding is None


def test_a_question_without_conditions_finds_what_it_did(rag: RagClient, house: str) -> None:
    question = "where may visitors park?"

    plain = [hit.document_id for hit in rag.retrieve(house, question).hits]

    assert ids(rag, house, question) == plain


def test_the_weakest_condition_is_given_up_where_nothing_passes(rag: RagClient, house: str) -> None:
    found = rag.retrieve(house, "memos of over 30 pages", spec=SPEC, explain=True)

    assert {hit.document_id for hit in found.hits} == {"p2"}
    assert [each.kind for each in found.degradations] == [DegradationKind.FILTER_RELAXED]
    assert found.understanding is not None
    assert [each.fate for each in found.understanding.clauses] == [Fate.RELAXED, Fate.FILTER]


def test_the_request_s_own_filter_is_never_given_up(rag: RagClient, house: str) -> None:
    assert ids(rag, house, "memos", filter=F("pages") > 30) == ["p2"]
    assert ids(rag, house, "memos", filter=F("pages") > 300) == []


def test_order_and_limit_on_demand(rag: RagClient, house: str) -> None:
    spec = PipelineSpec(SelfQueryRetriever(sort=True))

    found = rag.retrieve(house, "the two newest documents", spec=spec)

    assert found.hits[0].document_id == "m2"
    assert len(found.hits) == 2


def test_the_question_may_be_searched_without_its_conditions(rag: RagClient, house: str) -> None:
    spec = PipelineSpec(SelfQueryRetriever(rewrite=True))

    found = rag.retrieve(house, "policies by Peter Vogel about travel", spec=spec, explain=True)

    assert [hit.document_id for hit in found.hits] == ["p2"]
    assert found.understanding is not None
    assert found.understanding.query == "about travel"


def test_without_a_language_model_the_grammar_understands(rag: RagClient, house: str) -> None:
    spec = PipelineSpec(SelfQueryRetriever(understander=Understander.LLM))

    found = rag.retrieve(house, "memos", spec=spec, explain=True)

    assert {hit.document_id for hit in found.hits} == {"m1", "m2"}
    assert [each.kind for each in found.degradations] == [DegradationKind.UNDERSTANDER_FELL_BACK]


def test_the_schema_is_declared_changed_and_removed(rag: RagClient, house: str) -> None:
    assert rag.collections.get(house).metadata_schema == SCHEMA

    changed = MetadataSchema((MetadataField("pages", FieldType.INT64),))
    assert rag.collections.update(house, metadata_schema=changed).metadata_schema == changed
    assert rag.collections.update(house, description="Rules").metadata_schema == changed
    removed = rag.collections.update(house, metadata_schema=MetadataSchema())
    assert removed.metadata_schema is None
    assert removed.description == "Rules"


def test_what_is_only_validated_is_not_changed(rag: RagClient, house: str) -> None:
    asked = rag.collections.update(house, description="other", validate_only=True)

    assert asked.description == "other"
    assert rag.collections.get(house).description == ""


def test_a_schema_with_one_name_twice_changes_nothing(rag: RagClient, house: str) -> None:
    twice = MetadataSchema((MetadataField("a", FieldType.BOOL), MetadataField("a", FieldType.BOOL)))

    with pytest.raises(InvalidArgument):
        rag.collections.update(house, metadata_schema=twice)
    assert rag.collections.get(house).metadata_schema == SCHEMA


def test_the_catalogue_says_what_documents_hold(rag: RagClient, house: str) -> None:
    schema = rag.collections.schema(house)

    assert schema.declared == SCHEMA
    by_field = {each.field: each for each in schema.catalogue}
    assert dict(by_field["kind"].values) == {"memo": 2, "policy": 2}
    assert (by_field["pages"].least, by_field["pages"].most) == (2, 40)
    assert by_field["published"].type is FieldType.TIMESTAMP


def test_a_wrong_filter_is_told_with_suggestions(rag: RagClient, house: str) -> None:
    wrong = (F("page") > 3) & (F("kind") == "memmo") & (F("pages") == "many")

    found = rag.validate_filter(house, wrong)

    assert [(each.field, each.suggestions) for each in found.problems] == [
        ("page", ("pages",)),
        ("kind", ("memo",)),
        ("pages", ()),
    ]
    assert found.document_count == 0


def test_a_right_filter_is_counted(rag: RagClient, house: str) -> None:
    found = rag.validate_filter(house, F("kind") == "memo")

    assert found.problems == ()
    assert found.document_count == 2


def test_a_collection_that_is_not_there(rag: RagClient, house: str) -> None:
    with pytest.raises(NotFound):
        rag.collections.schema("nowhere")
    with pytest.raises(NotFound):
        rag.collections.update("nowhere", description="x")
