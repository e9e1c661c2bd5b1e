from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ragrpc.v1 import metadata_pb2

from rag_client import Document, InvalidArgument
from rag_client._convert.metadata import metadata_messages, metadata_of, value_message, value_of
from rag_client._convert.requests import document
from rag_client.values import Value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INSTANTS = st.datetimes(timezones=st.just(UTC))
VALUES = st.one_of(
    st.booleans(),
    TEXTS,
    INTEGERS,
    NUMBERS,
    INSTANTS,
    st.lists(TEXTS, min_size=1, max_size=4).map(tuple),
    st.lists(INTEGERS, min_size=1, max_size=4).map(tuple),
    st.lists(NUMBERS, min_size=1, max_size=4).map(tuple),
)


@given(VALUES)
def test_a_value_comes_back_with_its_type(value: Value) -> None:
    back = value_of(value_message("f", value))
    assert (back, type(back)) == (value, type(value))


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_metadata_comes_back_by_name(metadata: dict[str, Value]) -> None:
    assert metadata_of(metadata_messages("m", metadata)) == metadata


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_comes_back_in_utc(instant: datetime) -> None:
    try:
        expected = instant.astimezone(UTC)
    except OverflowError:
        with pytest.raises(InvalidArgument):
            value_message("f", instant)
    else:
        assert value_of(value_message("f", instant)) == expected


def test_a_naive_datetime_is_taken_as_utc() -> None:
    naive = datetime(2025, 1, 2, 3)
    assert value_of(value_message("f", naive)) == naive.replace(tzinfo=UTC)


def test_lists_come_back_as_tuples() -> None:
    assert value_of(value_message("f", ["a", "b"])) == ("a", "b")


def test_a_string_enum_is_a_string() -> None:
    class Team(StrEnum):
        HR = "hr"

    assert value_of(value_message("f", Team.HR)) == "hr"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (2**63, "64-bit"),
        (-(2**63) - 1, "64-bit"),
        ([], "must not be empty"),
        ([1, "a"], "one kind of item, not int, str"),
        ([1, 2.5], "one kind of item, not float, int"),
        ([True, False], "str, int or float"),
        ([datetime(2025, 1, 1, tzinfo=UTC)], "str, int or float"),
        ([1, 2**64], "64-bit"),
        ([["a"]], "not list"),
        (None, "not NoneType"),
        (date(2025, 1, 1), "not date"),
        (b"x", "not bytes"),
        ({"a": 1}, "not dict"),
        ("\ud800", "Unicode"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), "years 1 to 9999"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(value: object, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as caught:
        value_message("documents[3].metadata.f", value)
    assert caught.value.reason == "INVALID_REQUEST"
    assert caught.value.violations[0].field.startswith("documents[3].metadata.f")


def test_an_unset_value_is_left_out() -> None:
    assert metadata_of({"a": metadata_pb2.Value()}) == {}


def test_names_of_fields_must_be_strings() -> None:
    with pytest.raises(InvalidArgument, match="names"):
        metadata_messages("m", {1: "a"})  # type: ignore[dict-item]  # the misuse under test


def test_text_that_cannot_be_encoded_is_refused_without_being_quoted() -> None:
    with pytest.raises(InvalidArgument) as caught:
        document(Document("id", "secret \ud800"), "documents[0]")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_content_type_is_refused() -> None:
    wrong = Document("id", "x", content_type="png")  # type: ignore[arg-type]  # under test
    with pytest.raises(InvalidArgument, match="plain, markdown, html"):
        document(wrong, "documents[0]")


def test_text_and_data_at_once_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="text or data, not both"):
        document(Document("id", "x", data=b"x"), "documents[0]")


def test_data_goes_as_it_is() -> None:
    message = document(Document("id", data=b"%PDF\xff", content_type="pdf"), "documents[0]")
    assert (message.WhichOneof("source"), message.data) == ("data", b"%PDF\xff")
