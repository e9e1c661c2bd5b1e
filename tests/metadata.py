"""Metadata and filters of every shape, for property tests."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator
from rag_server.core.values import Metadata, Value

_FIELDS = ("a", "b", "c")
# Few of each kind, so that values meet; numbers that differ only where a double cannot.
_BOOLS = st.booleans()
_INTS = st.sampled_from((-1, 0, 1, 2, 3, 2**53, 2**53 + 1, 2**62 + 1))
_FLOATS = st.sampled_from((-1.0, 0.0, -0.0, 0.5, 1.0, 2.0, 2.0**53, 2.0**62, 1e300))
_STRINGS = st.sampled_from(("", "a", "b", "B", "ab", "é", "\uffff", "\U0001f600"))
_INSTANTS = st.sampled_from([datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)])
_SCALARS: st.SearchStrategy[Value] = st.one_of(_BOOLS, _INTS, _FLOATS, _STRINGS, _INSTANTS)


def _lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Value]:
    return st.lists(items, max_size=3).map(lambda found: tuple(found))


LISTS: st.SearchStrategy[Value] = st.one_of(_lists(_INTS), _lists(_FLOATS), _lists(_STRINGS))
VALUES: st.SearchStrategy[Value] = st.one_of(_SCALARS, LISTS)
# Fields may be missing, and hold values of other kinds from document to document.
METADATA: st.SearchStrategy[Metadata] = st.dictionaries(st.sampled_from(_FIELDS), VALUES)

_LISTED = (Operator.IN, Operator.NOT_IN)
_OPERATORS = [each for each in Operator if each not in (*_LISTED, Operator.EXISTS)]
_NAMES = st.sampled_from((*_FIELDS, "nowhere"))
_COMPARISONS: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Comparison, _NAMES, st.sampled_from(_OPERATORS), VALUES),
    st.builds(Comparison, _NAMES, st.sampled_from(_LISTED), LISTS),
    st.builds(Comparison, _NAMES, st.just(Operator.EXISTS), _BOOLS),
)


def _joined(filters: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(filters, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(AllOf, several), st.builds(AnyOf, several), st.builds(Negated, filters)
    )


FILTERS: st.SearchStrategy[Filter] = st.recursive(_COMPARISONS, _joined, max_leaves=6)
