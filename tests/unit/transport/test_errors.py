import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from ragrpc.v1.error_pb2 import ErrorReason

from rag_server.core import errors
from rag_server.core.errors import (
    Exhausted,
    InvalidRequest,
    RagError,
    Reason,
    Unavailable,
    Violation,
)
from rag_server.transport.errors import MAX_DETAIL_BYTES, code_of, status_of, trailers_of


def test_reasons_are_those_of_the_contract() -> None:
    of_contract = {name.removeprefix("ERROR_REASON_") for name, _ in ErrorReason.items()}
    assert {str(each) for each in Reason} == of_contract - {"UNSPECIFIED"}


def test_every_kind_of_error_has_a_code_of_its_own() -> None:
    kinds = RagError.__subclasses__()
    codes = {code_of(kind("m")) for kind in kinds}
    assert len(codes) == len(kinds)
    assert grpc.StatusCode.INTERNAL not in codes
    assert code_of(errors.RagError("m")) is grpc.StatusCode.INTERNAL


def test_details_carry_the_reason_and_the_wrong_fields() -> None:
    status = status_of(InvalidRequest.of(Violation("a.b", "is wrong")))
    info, request = ErrorInfo(), BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(request)
    assert (info.reason, info.domain) == ("INVALID_REQUEST", "ragrpc")
    assert [(each.field, each.description) for each in request.field_violations] == [
        ("a.b", "is wrong")
    ]


def test_details_stay_small_whatever_is_wrong() -> None:
    violations = [Violation(f"documents[{i}].metadata", "is wrong " * 50) for i in range(1_000)]
    assert status_of(InvalidRequest.of(*violations)).ByteSize() <= MAX_DETAIL_BYTES


@pytest.mark.parametrize(("retry_after", "pushback"), [(None, "-1"), (250, "250")])
def test_pushback_says_whether_a_retry_makes_sense(retry_after: int | None, pushback: str) -> None:
    error = Exhausted("too much", Reason.OVERLOADED, retry_after_ms=retry_after)
    assert dict(trailers_of(error))["grpc-retry-pushback-ms"] == pushback


def test_what_is_away_says_when_it_may_be_back_if_it_knows() -> None:
    known = Unavailable("away", Reason.NOT_READY, retry_after_ms=1_250)
    assert dict(trailers_of(known))["grpc-retry-pushback-ms"] == "1250"
    retry = RetryInfo()
    assert status_of(known).details[1].Unpack(retry)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1.25
    unknown = Unavailable("away", Reason.NOT_READY)
    assert "grpc-retry-pushback-ms" not in dict(trailers_of(unknown))
    assert len(status_of(unknown).details) == 1
