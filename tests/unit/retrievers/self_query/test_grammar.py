"""What the grammar reads off questions, and that it never reads anything impossible."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.call import Call, Deadline
from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.principal import Principal, Role
from rag_server.core.schema_check import problems
from rag_server.core.understanding import Fate, Understanding
from rag_server.retrievers.self_query.grammar import GrammarUnderstander

TODAY = date(2025, 3, 12)
SCHEMA = MetadataSchema(
    (
        FieldSchema("author", FieldType.STRING, values=("Anna Kowalska", "Peter Vogel")),
        FieldSchema(
            "kind",
            FieldType.STRING,
            values=("memo", "policy", "report"),
            value_aliases=(("policy", ("rulebook",)),),
            closed=True,
        ),
        FieldSchema("level", FieldType.STRING, values=("low", "medium", "high"), ordered=True),
        FieldSchema("tags", FieldType.STRING_LIST, values=("travel", "data loss", "Apple")),
        FieldSchema("published", FieldType.TIMESTAMP, aliases=("issued",)),
        FieldSchema("size", FieldType.INT64, unit="kB"),
        FieldSchema("price", FieldType.DOUBLE, unit="USD", aliases=("cost",)),
        FieldSchema("pages", FieldType.INT64),
        FieldSchema("in_stock", FieldType.BOOL, aliases=("available",)),
    )
)
UNDERSTANDER = GrammarUnderstander()
CALL = Call(Principal("acme", frozenset({Role.READER})), Deadline(60.0))


def understood(question: str, threshold: float = 0.6) -> Understanding:
    return UNDERSTANDER.understand(question, SCHEMA, TODAY, threshold, CALL)


def case(field: str, operator: str, value: object) -> Comparison:
    return Comparison(field, Operator(operator), value)  # type: ignore[arg-type]


def at(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def within(start: datetime, end: datetime) -> Filter:
    return AllOf(
        (case("published", "GREATER_OR_EQUAL", start), case("published", "LESS_THAN", end))
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("memos", case("kind", "EQUAL", "memo")),
        ("rulebooks", case("kind", "EQUAL", "policy")),
        ("documents by Ana Kowalska", case("author", "EQUAL", "Anna Kowalska")),
        ("documents by Vogel", case("author", "EQUAL", "Peter Vogel")),
        ("reports or memos", case("kind", "IN", ("report", "memo"))),
        ("documents not by Peter Vogel", case("author", "NOT_EQUAL", "Peter Vogel")),
        ("documents without travel", case("tags", "NOT_IN", ("travel",))),
        ("documents tagged data loss", case("tags", "CONTAINS", "data loss")),
        ("level high or above", case("level", "EQUAL", "high")),
        ("documents of at least medium level", case("level", "IN", ("medium", "high"))),
        ("documents not above level medium", case("level", "IN", ("low", "medium"))),
        ("anything over 2 MB", case("size", "GREATER_THAN", 2_000)),
        ("documents under $30", case("price", "LESS_THAN", 30.0)),
        ("documents cheaper than 1.5k", case("price", "LESS_THAN", 1500.0)),
        ("documents of 10 pages or more", case("pages", "GREATER_OR_EQUAL", 10)),
        ("documents with no more than twelve pages", case("pages", "LESS_OR_EQUAL", 12)),
        ("documents in stock", case("in_stock", "EQUAL", True)),
        ("documents that are not available", case("in_stock", "NOT_EQUAL", True)),
        ("out of stock documents", case("in_stock", "EQUAL", False)),
        ("issued in 2024", within(at(2024), at(2025))),
        ("documents of last month", within(at(2025, 2), at(2025, 3))),
        ("documents from last year", within(at(2024), at(2025))),
        ("documents from Q3 2024", within(at(2024, 7), at(2024, 10))),
        ("documents from the 1990s", within(at(1990), at(2000))),
        ("documents of 5 March 2025", within(at(2025, 3, 5), at(2025, 3, 6))),
        ("documents published yesterday", within(at(2025, 3, 11), at(2025, 3, 12))),
        ("documents between March 2020 and June 2021", within(at(2020, 3), at(2021, 7))),
        ("documents since March", case("published", "GREATER_OR_EQUAL", at(2025, 3))),
        ("documents after 2020", case("published", "GREATER_OR_EQUAL", at(2021))),
        ("documents before 2020", case("published", "LESS_THAN", at(2020))),
        ("documents up to 2020", case("published", "LESS_THAN", at(2021))),
        (
            "documents from the past two weeks",
            case("published", "GREATER_OR_EQUAL", at(2025, 2, 26)),
        ),
        ("documents older than 2 years", case("published", "LESS_THAN", at(2023, 3, 12))),
    ],
)
def test_one_condition(question: str, expected: Filter) -> None:
    assert understood(question).filter == expected


def test_conditions_together() -> None:
    found = understood("memos by Peter Vogel about parking, under $30, from 2024")

    assert found.filter == AllOf(
        (
            case("kind", "EQUAL", "memo"),
            case("author", "EQUAL", "Peter Vogel"),
            case("price", "LESS_THAN", 30.0),
            within(at(2024), at(2025)),
        )
    )
    assert found.query == "about parking"


def test_or_between_fields() -> None:
    assert understood("documents under $30 or in stock").filter == AnyOf(
        (case("price", "LESS_THAN", 30.0), case("in_stock", "EQUAL", True))
    )


def test_neither_nor_is_pushed_down() -> None:
    assert understood("neither memos nor reports").filter == case(
        "kind", "NOT_IN", ("memo", "report")
    )


@pytest.mark.parametrize(
    "question",
    [
        "how do I bake an apple pie?",
        "what caused the 1929 crash?",
        "who was the king of Poland",
        "how high can it get",
        "requests that timed out after 30 seconds",
        "the latest documents",
        "",
        "?!",
    ],
)
def test_a_topic_is_no_condition(question: str) -> None:
    found = understood(question)

    assert found.filter is None
    assert found.query == question


@pytest.mark.parametrize(
    "question",
    [
        "high shelves in the store room",  # of another noun
        "running low on paper",  # a grade at nothing
        "how do I report a leak",  # a verb
        "who available staff may call",  # a flag of a noun
        "the report of a lost badge",  # a part
        "rooms in which a policy hangs",  # a clause
        "is the office closed last week",  # a date of nothing that is looked for
        "opening hours of the canteen in August",
        "the meaning of travel",
    ],
)
def test_a_word_that_is_also_a_value_is_none_by_itself(question: str) -> None:
    assert understood(question).filter is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("high risk documents", case("level", "EQUAL", "high")),
        ("anything low", case("level", "EQUAL", "low")),
        ("low or medium", case("level", "IN", ("low", "medium"))),
        ("articles for travel", case("tags", "CONTAINS", "travel")),
        ("layoffs in August", within(at(2024, 8), at(2024, 9))),
        ("what failed last month", within(at(2025, 2), at(2025, 3))),
    ],
)
def test_where_it_stands_makes_it_a_condition(question: str, expected: Filter) -> None:
    assert understood(question).filter == expected


def test_a_sure_value_is_not_widened_by_a_doubtful_one() -> None:
    found = understood("memos about a report nobody read")

    assert found.filter == case("kind", "EQUAL", "memo")


def test_what_is_more_likely_topic_than_condition_is_dropped() -> None:
    (clause,) = understood("high shelves in the store room").clauses

    assert clause.fate is Fate.DROPPED
    assert clause.confidence < 0.5
    assert clause.reason == "more likely a part of the topic than a condition"


def test_order_and_limit() -> None:
    found = understood("the three cheapest reports")

    assert found.filter == case("kind", "EQUAL", "report")
    assert found.limit == 3
    assert found.sort is not None
    assert (found.sort.field, found.sort.descending) == ("price", False)


def test_spans_are_bytes_of_the_question() -> None:
    question = "Überblick: memos für Peter Vogel"

    spans = [each.span.of(question.encode()).decode() for each in understood(question).clauses]

    assert spans == ["memos", "Peter Vogel"]


def test_below_the_threshold_it_is_a_boost() -> None:
    found = understood("documents by Vogel", threshold=1.0)

    assert [each.fate for each in found.clauses] == [Fate.BOOST]
    assert found.filter is None
    assert found.query == "documents by Vogel"


_PHRASES = """documents memos by Peter Vogel not or and between 10 2024 pages $ 30 high level above
no more than 3 MB since last two weeks March Apple neither nor - + k % 9999 1,5 stock in é \u0130
2.1.3 0000-00-00 without travel ? ,"""
_WORDS = st.sampled_from(_PHRASES.split())
_QUESTIONS = st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=25).map(" ".join))


@given(_QUESTIONS)
def test_whatever_is_asked_is_understood_validly(question: str) -> None:
    found = understood(question, threshold=0.0)

    size = len(question.encode(errors="surrogatepass"))
    for clause in found.clauses:
        assert problems(clause.filter, SCHEMA) == []
        assert 0 <= clause.span.start < clause.span.end <= size
        assert 0.0 <= clause.confidence <= 1.0
    assert found == understood(question, threshold=0.0)
    assert found.query or not question.strip()


@pytest.mark.parametrize(
    "part", ["not ", "between 1 and ", "Peter ", "high or ", "9" * 50, "a" * 9]
)
def test_long_questions_take_no_longer(part: str) -> None:
    found = understood(part * 2_000)

    assert len(found.clauses) < 500


@pytest.mark.parametrize("today", [date(1000, 1, 1), date(8999, 12, 31)])
@pytest.mark.parametrize("said", ["monday", "last century", "the past 9999 years", "next decade"])
def test_any_day_that_a_request_may_name_can_be_counted_from(today: date, said: str) -> None:
    UNDERSTANDER.understand(f"reports from {said}", SCHEMA, today, 0.6, CALL)
