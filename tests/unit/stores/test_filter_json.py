from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator
from rag_server.core.values import Value
from rag_server.stores.catalog.filter_json import decode_filter, encode_filter

INT64 = st.integers(-(2**63), 2**63 - 1)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.booleans(),
    INT64,
    st.floats(allow_nan=False),
    st.text(),
    st.datetimes(timezones=st.just(UTC)).map(lambda instant: instant.replace(fold=0)),
    st.lists(st.text(), max_size=3).map(tuple),
    st.lists(INT64, max_size=3).map(tuple),
    st.lists(st.floats(allow_nan=False), max_size=3).map(tuple),
)
COMPARISONS = st.builds(Comparison, st.text(), st.sampled_from(Operator), VALUES)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple).map(AllOf),
        st.lists(inner, max_size=3).map(tuple).map(AnyOf),
        inner.map(Negated),
    ),
    max_leaves=8,
)


@given(filter=FILTERS)
def test_every_filter_comes_back_exactly(filter: Filter) -> None:
    decoded = decode_filter(encode_filter(filter))
    assert decoded == filter
    assert repr(decoded) == repr(filter)


def test_types_that_json_lacks_come_back() -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    for value in (moment, ("a", "b"), (1, 2), (1.0, 2.0), (), 1, 1.0, True, 2**63 - 1):
        comparison = Comparison("field", Operator.EQUAL, value)
        assert repr(decode_filter(encode_filter(comparison))) == repr(comparison)
