"""From statuses on the wire to the client's errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from rag_client.errors import BY_CODE, RagError, Violation

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_DETAILS = "grpc-status-details-bin"
_PUSHBACK = "grpc-retry-pushback-ms"


@dataclass(frozen=True, slots=True)
class _Details:
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None


def error_of_status(status: Status) -> RagError:
    """The error of one item of a batch."""
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    return _error(code, status.message, _details(status.details), "")


def error_of_rpc(error: grpc.RpcError, request_id: str) -> RagError:
    """The error of a call, with what its trailers say; details that cannot be read are
    left out rather than hiding the status."""
    call = cast("grpc.Call", error)
    trailers = dict(cast("Iterable[tuple[str, Any]]", call.trailing_metadata() or ()))
    details = _details(_packed(trailers.get(_DETAILS, b"")))
    pushback = _pushback(trailers.get(_PUSHBACK, ""))
    if pushback is not None:
        details = replace(details, retry_after=pushback)
    return _error(call.code(), call.details() or "", details, request_id)


def _error(code: grpc.StatusCode, message: str, details: _Details, request_id: str) -> RagError:
    return BY_CODE.get(code, RagError)(
        message or code.name,
        code=code,
        reason=details.reason,
        metadata=details.metadata,
        violations=details.violations,
        retry_after=details.retry_after,
        request_id=request_id,
    )


def _packed(blob: bytes) -> Iterable[AnyMessage]:
    try:
        return tuple(Status.FromString(blob).details)
    except DecodeError:
        return ()


def _details(packed: Iterable[AnyMessage]) -> _Details:
    details = _Details()
    for each in packed:
        details = _with(details, each)
    return details


def _with(details: _Details, packed: AnyMessage) -> _Details:
    info, request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    try:
        if packed.Unpack(info):
            return replace(details, reason=info.reason, metadata=dict(info.metadata))
        if packed.Unpack(request):
            wrong = request.field_violations
            return replace(
                details, violations=tuple(Violation(each.field, each.description) for each in wrong)
            )
        if packed.Unpack(retry):
            return replace(details, retry_after=retry.retry_delay.ToTimedelta().total_seconds())
    except DecodeError:
        return details
    return details


def _pushback(text: str) -> float | None:
    # A negative pushback means "do not retry": there is no time to wait for.
    return int(text) / 1000 if text.isascii() and text.isdigit() else None
