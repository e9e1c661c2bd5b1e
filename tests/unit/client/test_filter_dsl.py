from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_

import pytest
from ragrpc.v1 import filter_pb2

from rag_client import F, Filter, InvalidArgument
from rag_client._convert.metadata import filter_message
from rag_client.filters import AllOf, AnyOf, Comparison, Negated, Operator

TESTS = {
    Operator.EQUAL: F("x") == 1,
    Operator.NOT_EQUAL: F("x") != 1,
    Operator.LESS_THAN: F("x") < 1,
    Operator.LESS_OR_EQUAL: F("x") <= 1,
    Operator.GREATER_THAN: F("x") > 1,
    Operator.GREATER_OR_EQUAL: F("x") >= 1,
    Operator.CONTAINS: F("x").contains(1),
}


@pytest.mark.parametrize(("operator", "made"), TESTS.items())
def test_each_operator_makes_its_comparison(operator: Operator, made: Filter) -> None:
    assert made == Comparison("x", operator, 1)


def test_a_value_on_the_left_means_the_same() -> None:
    assert (2020 <= F("year")) == (F("year") >= 2020)  # noqa: SIM300  # the point of the test


def test_lists_and_presence_have_their_own_tests() -> None:
    assert F("x").is_in([1, 2]) == Comparison("x", Operator.IN, (1, 2))
    assert F("x").not_in(iter("ab")) == Comparison("x", Operator.NOT_IN, ("a", "b"))
    assert F("x").exists() == Comparison("x", Operator.EXISTS, True)
    assert F("x").missing() == Comparison("x", Operator.EXISTS, False)


def test_filters_combine_and_chains_stay_flat() -> None:
    a, b, c = F("a") == 1, F("b") == 2, F("c") == 3
    assert a & b & c == AllOf((a, b, c))
    assert a | (b | c) == AnyOf((a, b, c))
    assert (a & b) | c == AnyOf((AllOf((a, b)), c))
    assert ~a == Negated(a)
    assert ~~a == a
    assert reduce(and_, [a] * 64) == AllOf((a,) * 64)
    assert reduce(or_, [a] * 64) == AnyOf((a,) * 64)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: F("a") == 1 and F("b") == 2,
        lambda: F("a") == 1 or F("b") == 2,
        lambda: not (F("a") == 1),  # noqa: SIM201  # the misuse under test
        lambda: not F("a"),
        lambda: 2020 <= F("year") <= 2025,
        lambda: bool(F("a") == 1),
    ],
)
def test_and_or_not_are_refused_with_a_way_out(misuse: object) -> None:
    with pytest.raises(TypeError, match=r"& \| ~"):
        misuse()  # type: ignore[operator]  # a lambda of the list above


def test_a_filter_does_not_combine_with_something_else() -> None:
    with pytest.raises(TypeError):
        (F("a") == 1) & True  # type: ignore[operator]  # the misuse under test


@pytest.mark.parametrize("value", [None, float("nan"), 2**63, object(), [1, "a"], b"x"])
def test_a_value_that_cannot_be_sent_is_refused_where_it_is_written(value: object) -> None:
    with pytest.raises(InvalidArgument) as caught:
        F("year") == value  # noqa: B015  # only the error matters
    assert caught.value.violations[0].field == "filter.year"


def test_one_string_is_not_taken_for_a_list_of_letters() -> None:
    with pytest.raises(InvalidArgument, match="not one string"):
        F("team").is_in("hr")


def test_one_of_no_values_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="must not be empty") as caught:
        F("team").is_in([])
    assert caught.value.violations[0].field == "filter.team"


def test_a_field_needs_a_name() -> None:
    with pytest.raises(InvalidArgument):
        F("")


def test_what_is_no_finished_filter_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no filter but F"):
        filter_message(F("year"))  # type: ignore[arg-type]  # the misuse under test


def test_the_message_has_the_shape_of_the_filter() -> None:
    instant = datetime(2025, 1, 1, tzinfo=UTC)
    message = filter_message((F("at") > instant) & ~(F("tag").is_in(["a"]) | F("b").exists()))
    at, negated = message.all_of.filters
    assert at.comparison.operator == filter_pb2.OPERATOR_GREATER_THAN
    assert at.comparison.value.timestamp_value.ToDatetime(UTC) == instant
    tag, exists = negated.negated.any_of.filters
    assert list(tag.comparison.value.string_list.values) == ["a"]
    assert exists.comparison.value.bool_value is True
