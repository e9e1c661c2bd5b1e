from datetime import UTC, datetime, timedelta, timezone

import pytest

from rag_client import F, Filter, InvalidArgument
from rag_client.cli import conditions, literals
from rag_client.filters import AllOf


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0.5", 0.5),
        ("true", True),
        ("false", False),
        ("hr", "hr"),
        ('"7"', "7"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("True", "True"),
        ("", ""),
        ("a=b", "a=b"),
        ("2025-01-31", "2025-01-31"),
        ("2025-01-31T12:00", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31 12:00:30.5Z", datetime(2025, 1, 31, 12, 0, 30, 500_000, tzinfo=UTC)),
        (
            "2025-01-31T12:00+02:00",
            datetime(2025, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))),
        ),
        ('["a", "b"]', ("a", "b")),
        ("[1, 2]", (1, 2)),
        ("[unfinished", "[unfinished"),
    ],
)
def test_a_value_is_typed_by_how_it_is_written(text: str, value: object) -> None:
    found = literals.value("f", text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["null", '{"a": 1}', "[1, true]", "[null]", "99999999999999999999", "2025-13-01T00:00"]
)
def test_a_value_that_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        literals.value("--metadata year", text)
    assert caught.value.violations[0].field.startswith("--metadata year")


def test_metadata_is_read_from_pairs() -> None:
    found = literals.metadata(["year=2026", "team=hr", "note=a=b", "empty="])
    assert found == {"year": 2026, "team": "hr", "note": "a=b", "empty": ""}


@pytest.mark.parametrize("pairs", [["year"], ["=7"], ["a=1", "a=2"]])
def test_a_pair_without_key_or_value_or_one_that_repeats_is_refused(pairs: list[str]) -> None:
    with pytest.raises(InvalidArgument, match="--metadata"):
        literals.metadata(pairs)


@pytest.mark.parametrize(
    ("text", "filter"),
    [
        ("year>=2025", F("year") >= 2025),
        (" year >= 2025 ", F("year") >= 2025),
        ("year<=2025", F("year") <= 2025),
        ("year<2025", F("year") < 2025),
        ("year>2025", F("year") > 2025),
        ("team=hr", F("team") == "hr"),
        ("team==hr", F("team") == "hr"),
        ("team!=hr", F("team") != "hr"),
        ("team = two words", F("team") == "two words"),
        ('version="1.0"', F("version") == "1.0"),
        ("open=true", F("open") == True),  # noqa: E712  # the DSL's equality
        ("since>2025-01-31T12:00Z", F("since") > datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("team in hr,legal", F("team").is_in(["hr", "legal"])),
        ("year in 2024, 2025", F("year").is_in([2024, 2025])),
        ('team in ["a,b"]', F("team").is_in(["a,b"])),
        ("team not  in hr", F("team").not_in(["hr"])),
        ("tags contains draft", F("tags").contains("draft")),
        ("owner exists", F("owner").exists()),
        ("owner missing", F("owner").missing()),
        ('"two words" exists', F("two words").exists()),
        ('"a=b"=c', F("a=b") == "c"),
        ("origin=in", F("origin") == "in"),
        ("margin in 1,2", F("margin").is_in([1, 2])),
    ],
)
def test_a_condition_is_a_filter(text: str, filter: Filter) -> None:
    assert conditions.condition(text) == filter


@pytest.mark.parametrize(
    "text",
    [
        "",
        "year",
        "year~2025",
        ">=2025",
        "year>=",
        "year in",
        "owner exists now",
        '"\\x"=1',
        "year=null",
        "year in 1,a",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="--filter"):
        conditions.condition(text)


def test_conditions_must_all_pass() -> None:
    assert conditions.all_of([]) is None
    assert conditions.all_of(["a=1"]) == (F("a") == 1)
    assert conditions.all_of(["a=1", "b=2"]) == AllOf((F("a") == 1, F("b") == 2))
