"""The one table from the core's errors to gRPC statuses."""

from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from rag_server.core.errors import (
    AlreadyExists,
    DataLoss,
    DeadlineExceeded,
    Exhausted,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    PreconditionFailed,
    RagError,
    Unavailable,
    Violation,
)

DOMAIN = "ragrpc"
# Peers drop metadata beyond 8 KiB; base64 and the other trailers take their share.
MAX_DETAIL_BYTES = 3_700
MAX_MESSAGE = 1_000

_CODES: dict[type[RagError], grpc.StatusCode] = {
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
    NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    PreconditionFailed: grpc.StatusCode.FAILED_PRECONDITION,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DataLoss: grpc.StatusCode.DATA_LOSS,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
}


def code_of(error: RagError) -> grpc.StatusCode:
    """The status code of an error; INTERNAL for what is no error of the caller's."""
    return _CODES.get(type(error), grpc.StatusCode.INTERNAL)


def status_of(error: RagError) -> Status:
    """The error as google.rpc.Status with ErrorInfo and, where fields are wrong, BadRequest."""
    violations = list(error.violations)
    while True:
        status = _status(error, violations)
        if status.ByteSize() <= MAX_DETAIL_BYTES or not violations:
            return status
        violations = violations[: len(violations) // 2]


def trailers_of(error: RagError) -> list[tuple[str, str | bytes]]:
    """Trailing metadata: the details, and whether and when a retry makes sense."""
    trailers: list[tuple[str, str | bytes]] = [
        ("grpc-status-details-bin", status_of(error).SerializeToString())
    ]
    pushback = _pushback(error)
    if pushback is not None:
        trailers.append(("grpc-retry-pushback-ms", str(pushback)))
    return trailers


def _pushback(error: RagError) -> int | None:
    """Milliseconds after which to come back, -1 for never, None: as the caller likes."""
    if isinstance(error, Exhausted):
        return -1 if error.retry_after_ms is None else error.retry_after_ms
    return error.retry_after_ms if isinstance(error, Unavailable) else None


def _status(error: RagError, violations: Sequence[Violation]) -> Status:
    status = Status(code=code_of(error).value[0], message=error.message[:MAX_MESSAGE])
    info = ErrorInfo(reason=str(error.reason), domain=DOMAIN, metadata=dict(error.metadata))
    status.details.append(_packed(info))
    if (pushback := _pushback(error)) is not None and pushback >= 0:
        delay = Duration(seconds=pushback // 1000, nanos=pushback % 1000 * 1_000_000)
        status.details.append(_packed(RetryInfo(retry_delay=delay)))
    if violations:
        fields = [
            BadRequest.FieldViolation(field=each.field[:256], description=each.description[:512])
            for each in violations
        ]
        status.details.append(_packed(BadRequest(field_violations=fields)))
    return status


def _packed(message: ErrorInfo | RetryInfo | BadRequest) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
