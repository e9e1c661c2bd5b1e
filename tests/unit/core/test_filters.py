from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.filters import (
    AllOf,
    AnyOf,
    Comparison,
    Negated,
    Operator,
    conjunction,
    matches,
)
from rag_server.core.values import Value

DOCUMENT: dict[str, Value] = {
    "year": 2024,
    "price": 9.5,
    "draft": False,
    "team": "hr",
    "tags": ("a", "b"),
    "sizes": (1, 2),
    "at": datetime(2024, 5, 1, tzinfo=UTC),
}


def holds(field: str, operator: Operator, value: Any) -> bool:
    return matches(Comparison(field, operator, value), DOCUMENT)


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("year", Operator.EQUAL, 2024, True),
        ("year", Operator.EQUAL, 2024.0, True),
        ("year", Operator.EQUAL, "2024", False),
        ("year", Operator.NOT_EQUAL, "2024", True),
        ("draft", Operator.EQUAL, False, True),
        ("draft", Operator.EQUAL, 0, False),
        ("year", Operator.GREATER_OR_EQUAL, 2024, True),
        ("year", Operator.GREATER_THAN, 2024, False),
        ("price", Operator.LESS_THAN, 10, True),
        ("team", Operator.LESS_OR_EQUAL, "hs", True),
        ("team", Operator.LESS_THAN, 3, False),
        ("draft", Operator.LESS_THAN, True, False),
        ("at", Operator.LESS_THAN, datetime(2025, 1, 1, tzinfo=UTC), True),
        ("team", Operator.IN, ("hr", "it"), True),
        ("tags", Operator.IN, ("x", "b"), True),
        ("tags", Operator.NOT_IN, ("x", "y"), True),
        ("tags", Operator.CONTAINS, "a", True),
        ("team", Operator.CONTAINS, "h", False),
        ("sizes", Operator.CONTAINS, 2.0, True),
        ("tags", Operator.EQUAL, ("a", "b"), True),
        ("tags", Operator.EQUAL, ("b", "a"), False),
        ("team", Operator.EXISTS, True, True),
        ("team", Operator.EXISTS, False, False),
    ],
)
def test_a_comparison_tests_the_field(
    field: str, operator: Operator, value: object, expected: bool
) -> None:
    assert holds(field, operator, value) is expected


@pytest.mark.parametrize("operator", list(Operator))
def test_a_missing_field_fails_every_test_but_the_negations(operator: Operator) -> None:
    value: object = ("x",) if operator in (Operator.IN, Operator.NOT_IN) else "x"
    value = True if operator is Operator.EXISTS else value
    expected = operator in (Operator.NOT_EQUAL, Operator.NOT_IN)
    assert holds("nowhere", operator, value) is expected


def test_exists_false_finds_documents_without_the_field() -> None:
    assert holds("nowhere", Operator.EXISTS, False)


def test_operands_combine_as_all_any_and_not() -> None:
    yes = Comparison("year", Operator.EQUAL, 2024)
    no = Comparison("year", Operator.EQUAL, 1)
    assert matches(AllOf((yes, yes)), DOCUMENT)
    assert not matches(AllOf((yes, no)), DOCUMENT)
    assert matches(AnyOf((no, yes)), DOCUMENT)
    assert not matches(AnyOf((no, no)), DOCUMENT)
    assert matches(Negated(no), DOCUMENT)


def test_a_conjunction_leaves_out_what_is_not_there() -> None:
    one = Comparison("a", Operator.EQUAL, 1)
    assert conjunction(None, None) is None
    assert conjunction(None, one) == one
    assert conjunction(one, one) == AllOf((one, one))


_values = st.one_of(st.booleans(), st.integers(), st.text(max_size=3), st.floats(allow_nan=False))


@given(_values, _values)
def test_not_equal_is_the_negation_of_equal(left: Any, right: Any) -> None:
    document = {"f": left}
    equal = matches(Comparison("f", Operator.EQUAL, right), document)
    unequal = matches(Comparison("f", Operator.NOT_EQUAL, right), document)
    assert equal is not unequal
