"""Filters on columns mean what `matches` says, however the documents came."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_server.core.filters import Comparison, Filter, Operator, matches
from rag_server.core.values import Metadata, Value
from rag_server.indexes.resident.columns import Columns
from rag_server.indexes.resident.values import Values
from tests.metadata import FILTERS, METADATA, VALUES


def columns_of(*batches: Sequence[Metadata]) -> Columns:
    columns = Columns()
    for batch in batches:
        columns.add(batch)
    return columns


def passing(columns: Columns, filter: Filter) -> list[bool]:
    return list(columns.passing(filter, columns.count))


@settings(max_examples=200, deadline=None)
@given(
    batches=st.lists(st.lists(METADATA, max_size=8), max_size=3),
    filters=st.lists(FILTERS, min_size=1, max_size=5),
)
def test_every_filter_means_what_matches_says(
    batches: list[list[Metadata]], filters: list[Filter]
) -> None:
    columns = columns_of(*batches)
    documents = [each for batch in batches for each in batch]
    for asked in filters:
        assert passing(columns, asked) == [matches(asked, each) for each in documents]


@given(values=st.lists(VALUES, max_size=12), tidied=st.integers(0, 12), bound=VALUES)
def test_order_holds_wherever_it_was_last_made(
    values: list[Value], tidied: int, bound: Value
) -> None:
    kept = Values()
    for number, value in enumerate(values):
        kept.code(value)
        if number == tidied:
            kept.tidy(tolerated=0)
    for operator in (
        Operator.LESS_THAN,
        Operator.LESS_OR_EQUAL,
        Operator.GREATER_THAN,
        Operator.GREATER_OR_EQUAL,
    ):
        expected = [
            value is not None and matches(Comparison("a", operator, bound), {"a": value})
            for value in kept.values
        ]
        assert kept.ordered(operator, bound, len(kept.values)).tolist() == expected


def test_a_reader_sees_as_many_documents_as_it_knows_of() -> None:
    columns = columns_of([{"n": n} for n in range(5)], [{"n": n, "late": 1} for n in range(5)])
    small = Comparison("n", Operator.LESS_THAN, 2)
    assert columns.passing(small, 7).tolist() == [True, True, False, False, False, True, True]
    late = Comparison("late", Operator.NOT_EQUAL, 1)
    assert columns.passing(late, 7).tolist() == [True] * 5 + [False] * 2


def test_a_field_that_becomes_common_keeps_its_documents() -> None:
    numbers = np.random.default_rng(0).permutation(6_000).tolist()
    documents = [{"n": n, **({"even": True} if n % 2 == 0 else {})} for n in numbers]
    columns = columns_of(*(documents[start : start + 500] for start in range(0, 6_000, 500)))
    columns.tidy()
    for asked in (
        Comparison("even", Operator.EXISTS, False),
        Comparison("even", Operator.EQUAL, True),
        Comparison("n", Operator.GREATER_OR_EQUAL, 3_000),
        Comparison("n", Operator.IN, tuple(range(0, 6_000, 7))),
    ):
        assert passing(columns, asked) == [matches(asked, each) for each in documents]


def test_fields_of_one_document_each_take_little_room() -> None:
    columns = columns_of([{f"f{n}": n} for n in range(2_000)])
    assert columns.nbytes < 2_000 * 100
    assert sum(passing(columns, Comparison("f7", Operator.EQUAL, 7))) == 1


@given(documents=st.lists(METADATA, max_size=10), data=st.data())
def test_values_are_counted_among_the_documents_asked_for(
    documents: list[Metadata], data: st.DataObject
) -> None:
    columns = columns_of(documents)
    chosen = data.draw(
        st.lists(st.booleans(), min_size=len(documents), max_size=len(documents)).map(
            lambda flags: np.array(flags, bool)
        )
    )
    counted = columns.counted("a", chosen)
    expected = Counter(
        repr_of(each["a"])
        for each, is_in in zip(documents, chosen, strict=True)
        if is_in and "a" in each
    )
    assert Counter({repr_of(value): count for value, count in counted}) == expected
    assert [count for _, count in counted] == sorted((c for _, c in counted), reverse=True)


def repr_of(value: object) -> str:
    """Equal for what the filters take for equal."""
    items = value if isinstance(value, tuple) else (value,)
    named = [
        f"n{int(each) if each == int(each) else each}"
        if isinstance(each, int | float) and not isinstance(each, bool)
        else f"{type(each)}{each}"
        for each in items
    ]
    return f"{isinstance(value, tuple)}{named}"
