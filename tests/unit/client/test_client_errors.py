import pickle
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from rag_client import InvalidArgument, NotFound, RagError, ResourceExhausted, Violation
from rag_client._convert.errors import error_of_rpc, error_of_status
from rag_client.errors import BY_CODE

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


class Failed(grpc.RpcError):
    """A finished call, as gRPC raises it."""

    def __init__(self, code: grpc.StatusCode, message: str | None, *trailers: tuple[str, object]):
        self._code, self._message, self._trailers = code, message, trailers

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str | None:
        return self._message

    def trailing_metadata(self) -> Any:
        return self._trailers or None


def status(code: grpc.StatusCode, message: str, *details: Message) -> Status:
    packed = [AnyMessage() for _ in details]
    for into, each in zip(packed, details, strict=True):
        into.Pack(each)
    return Status(code=code.value[0], message=message, details=packed)


def binary(code: grpc.StatusCode, *details: Message) -> tuple[str, bytes]:
    return ("grpc-status-details-bin", status(code, "", *details).SerializeToString())


@pytest.mark.parametrize("code", [each for each in grpc.StatusCode if each.value[0]])
def test_every_status_is_a_rag_error_that_knows_its_code(code: grpc.StatusCode) -> None:
    error = error_of_rpc(Failed(code, "why"), "id")
    assert type(error) is BY_CODE.get(code, RagError)
    assert (error.code, error.message, error.request_id) == (code, "why", "id")


def test_all_details_are_read() -> None:
    info = ErrorInfo(reason="OVERLOADED", domain="ragrpc", metadata={"limit": "8"})
    wrong = BadRequest.FieldViolation(field="top_k", description="too large")
    retry = RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000))
    trailer = binary(EXHAUSTED, info, BadRequest(field_violations=[wrong]), retry)
    error = error_of_rpc(Failed(EXHAUSTED, "busy", trailer), "")
    assert isinstance(error, ResourceExhausted)
    assert error.reason == "OVERLOADED"
    assert error.metadata == {"limit": "8"}
    assert error.violations == (Violation("top_k", "too large"),)
    assert error.retry_after == 1.5
    assert str(error) == "busy [OVERLOADED]"


@pytest.mark.parametrize(
    ("pushback", "seconds"), [("250", 0.25), ("0", 0.0), ("-1", None), ("soon", None)]
)
def test_pushback_is_the_time_to_come_back(pushback: str, seconds: float | None) -> None:
    error = error_of_rpc(Failed(EXHAUSTED, "busy", ("grpc-retry-pushback-ms", pushback)), "")
    assert error.retry_after == seconds


@pytest.mark.parametrize("blob", [b"\xff\xff", b"\x1a\x05\x0a\x03abc", b""])
def test_damaged_details_do_not_hide_the_status(blob: bytes) -> None:
    failed = Failed(grpc.StatusCode.NOT_FOUND, "gone", ("grpc-status-details-bin", blob))
    error = error_of_rpc(failed, "")
    assert isinstance(error, NotFound)
    assert (error.message, error.reason) == ("gone", "")


def test_damaged_packed_details_are_left_out() -> None:
    good = status(grpc.StatusCode.NOT_FOUND, "gone", ErrorInfo(reason="DOCUMENT_NOT_FOUND"))
    good.details[0].value = b"\xff"
    assert error_of_status(good).reason == ""


def test_an_error_without_words_says_its_status() -> None:
    assert error_of_rpc(Failed(grpc.StatusCode.ABORTED, None), "").message == "ABORTED"


def test_a_status_of_no_known_code_is_still_an_error() -> None:
    assert error_of_status(Status(code=99, message="odd")).code is grpc.StatusCode.UNKNOWN


def test_errors_survive_pickling() -> None:
    error = InvalidArgument.of("top_k", "too large")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is InvalidArgument
    assert (back.message, back.reason, back.violations) == (
        error.message,
        error.reason,
        error.violations,
    )
