from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from ragrpc.v1 import filter_pb2 as pb
from ragrpc.v1.document_service_pb2 import Document
from ragrpc.v1.metadata_pb2 import DoubleList, Int64List, StringList, Value

from rag_server.core.errors import InvalidRequest
from rag_server.core.filters import AllOf, Comparison, Negated, Operator
from rag_server.transport.convert.metadata import (
    fill_metadata,
    filter_from_json,
    filter_of,
    metadata,
    value,
)

_scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=50),
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
        lambda each: each.replace(tzinfo=UTC)
    ),
)
_lists = st.one_of(
    st.lists(st.text(max_size=9), min_size=1, max_size=5),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
).map(tuple)


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.one_of(_scalars, _lists), max_size=6))
def test_metadata_comes_back_as_it_went(fields: dict[str, object]) -> None:
    message = Document()
    fill_metadata(fields, message.metadata)  # type: ignore[arg-type]  # generated values
    back = metadata(message.metadata)
    assert back == fields
    assert {name: type(each) for name, each in back.items()} == {
        name: type(each) for name, each in fields.items()
    }


@pytest.mark.parametrize(
    "empty",
    [
        Value(string_list=StringList()),
        Value(int64_list=Int64List()),
        Value(double_list=DoubleList()),
    ],
)
def test_an_empty_list_is_refused_since_it_would_lose_its_kind(empty: Value) -> None:
    within = pb.Comparison(field="f", operator=pb.OPERATOR_IN, value=empty)
    with pytest.raises(InvalidRequest) as stored:
        metadata({"f": empty})
    with pytest.raises(InvalidRequest) as asked:
        filter_of(pb.Filter(comparison=within))
    assert [
        (each.field, each.description)
        for caught in (stored, asked)
        for each in caught.value.violations
    ] == [
        ("metadata[f]", "must not be empty"),
        ("filter.comparison.value", "must not be empty"),
    ]


def equal(field: str = "f") -> pb.Filter:
    return pb.Filter(
        comparison=pb.Comparison(
            field=field, operator=pb.OPERATOR_EQUAL, value=Value(int64_value=1)
        )
    )


def nested(levels: int) -> pb.Filter:
    message = equal()
    for _ in range(levels - 1):
        message = pb.Filter(negated=message)
    return message


def test_a_filter_tree_is_read() -> None:
    message = pb.Filter(all_of=pb.FilterList(filters=[equal(), pb.Filter(negated=equal("g"))]))
    one = Operator.EQUAL
    assert filter_of(message) == AllOf((Comparison("f", one, 1), Negated(Comparison("g", one, 1))))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (pb.Filter(), "filter"),
        (pb.Filter(all_of=pb.FilterList()), "filter.all_of"),
        (pb.Filter(any_of=pb.FilterList(filters=[equal()] * 65)), "filter.any_of"),
        (pb.Filter(comparison=pb.Comparison(field="f")), "filter.comparison.operator"),
        (equal(""), "filter.comparison"),
        (equal("f" * 129), "filter.comparison"),
        (nested(9), "filter" + ".negated" * 8),
        (
            pb.Filter(comparison=pb.Comparison(field="f", operator=pb.OPERATOR_IN)),
            "filter.comparison.value",
        ),
        (
            pb.Filter(
                comparison=pb.Comparison(
                    field="f", operator=pb.OPERATOR_IN, value=Value(int64_value=1)
                )
            ),
            "filter.comparison.value",
        ),
        (
            pb.Filter(
                comparison=pb.Comparison(
                    field="f", operator=pb.OPERATOR_LESS_THAN, value=Value(bool_value=True)
                )
            ),
            "filter.comparison.value",
        ),
        (
            pb.Filter(
                comparison=pb.Comparison(
                    field="f", operator=pb.OPERATOR_EXISTS, value=Value(string_value="x")
                )
            ),
            "filter.comparison.value",
        ),
        (
            pb.Filter(
                comparison=pb.Comparison(
                    field="f",
                    operator=pb.OPERATOR_CONTAINS,
                    value=Value(string_list=StringList(values=["x"])),
                )
            ),
            "filter.comparison.value",
        ),
        (pb.Filter(comparison=pb.Comparison(field="f", operator=99)), "filter.comparison.operator"),  # type: ignore[arg-type]  # unknown on purpose
    ],
)
def test_a_malformed_filter_is_refused_with_its_path(message: pb.Filter, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        filter_of(message)
    assert [each.field for each in caught.value.violations] == [field]


def test_eight_levels_are_not_too_deep() -> None:
    filter_of(nested(8))


def test_a_wide_tree_is_refused_by_its_number_of_nodes() -> None:
    wide = pb.Filter(
        any_of=pb.FilterList(filters=[pb.Filter(all_of=pb.FilterList(filters=[equal()] * 60))] * 5)
    )
    with pytest.raises(InvalidRequest):
        filter_of(wide)


@pytest.mark.parametrize(
    "message",
    [
        Value(),
        Value(double_value=float("nan")),
        Value(double_value=float("inf")),
        Value(string_value="x" * 4_097),
        Value(string_list=StringList(values=["x"] * 257)),
        Value(double_list=DoubleList(values=[1.0, float("nan")])),
        Value(timestamp_value=Timestamp(seconds=2**40)),
        Value(timestamp_value=Timestamp(seconds=0, nanos=-1)),
    ],
)
def test_a_value_out_of_bounds_is_refused(message: Value) -> None:
    with pytest.raises(InvalidRequest) as caught:
        value(message, "metadata[x]")
    assert caught.value.violations[0].field == "metadata[x]"


@pytest.mark.parametrize(
    "fields",
    [
        {str(i): Value(int64_value=i) for i in range(65)},
        {"": Value(int64_value=1)},
        {"f" * 129: Value(int64_value=1)},
        {f"f{i}": Value(string_value="x" * 4_096) for i in range(17)},
    ],
)
def test_metadata_beyond_its_bounds_is_refused(fields: dict[str, Value]) -> None:
    with pytest.raises(InvalidRequest):
        metadata(fields)


def test_a_filter_is_read_from_the_json_form_of_the_contract() -> None:
    text = (
        '{"comparison": {"field": "f", "operator": "OPERATOR_EQUAL", "value": {"int64Value": 1}}}'
    )
    assert filter_from_json(text) == Comparison("f", Operator.EQUAL, 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nothing": 1}', "{}"])
def test_other_json_is_no_filter(text: str) -> None:
    with pytest.raises(InvalidRequest):
        filter_from_json(text)
