"""What the client raises, by gRPC status.

RagError                      base; also raised for a status that has no class here
├── InvalidArgument           the request is wrong; also raised before any call is made
├── Unauthenticated           no API key, or one that is unknown or revoked
├── PermissionDenied          the key lacks the role
├── NotFound                  no such collection, document or pipeline
├── AlreadyExists             the name is taken
├── FailedPrecondition        the server is not set up for it, or the client is closed
├── ResourceExhausted         too many calls at once, a message too large, or a full disk
├── DeadlineExceeded          the timeout ran out
├── Cancelled                 the call was cancelled
├── Unavailable               the server cannot be reached or is not ready; retried already
├── Unimplemented             the server is older than this client
├── DataLoss                  what is stored is damaged, e.g. a backup
├── Internal                  a defect of the server; its log has the request id
└── UpsertFailed              some documents of an upsert were not written
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is wrong; `field` is a path such as `documents[3].metadata.year`."""

    field: str
    description: str


class RagError(Exception):
    """Base of everything that the client raises.

    `code` is the gRPC status; `reason` a name of `ragrpc.v1.ErrorReason` without its
    prefix, or empty; `metadata` names things (collection, stage, limit); `violations` the
    fields that are wrong; `retry_after` the seconds after which the server wants to be
    asked again, None where it did not say; `request_id` what the server's log knows the
    call by, empty where no call was made.
    """

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode | None = None,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.reason = reason
        self.metadata: Mapping[str, str] = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after = retry_after
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.message} [{self.reason}]" if self.reason else self.message


class InvalidArgument(RagError):
    """The request itself is wrong; sending it again cannot help."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    @classmethod
    def of(cls, field: str, description: str) -> "InvalidArgument":
        """An error that the client found itself, before any call."""
        violation = Violation(field, description)
        return cls(f"{field}: {description}", reason="INVALID_REQUEST", violations=[violation])


class Unauthenticated(RagError):
    """No API key, or one that is unknown or revoked."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(RagError):
    """The API key lacks the role that the call needs."""

    code = grpc.StatusCode.PERMISSION_DENIED


class NotFound(RagError):
    """What was named does not exist for this caller."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(RagError):
    """The name is taken."""

    code = grpc.StatusCode.ALREADY_EXISTS


class FailedPrecondition(RagError):
    """The server is not set up for what was asked, or the client is closed."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class ResourceExhausted(RagError):
    """Too many calls at once (`retry_after` says when to come back), or a message too large."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class DeadlineExceeded(RagError):
    """The call's timeout ran out; a write may have happened all the same."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Cancelled(RagError):
    """The call was cancelled, e.g. because its stream or client was closed."""

    code = grpc.StatusCode.CANCELLED


class Unavailable(RagError):
    """The server cannot be reached or is not ready; the retries are used up."""

    code = grpc.StatusCode.UNAVAILABLE


class Unimplemented(RagError):
    """The server does not know the method."""

    code = grpc.StatusCode.UNIMPLEMENTED


class DataLoss(RagError):
    """What is stored is missing or damaged, e.g. a file of a backup."""

    code = grpc.StatusCode.DATA_LOSS


class Internal(RagError):
    """A defect of the server; its log has the request id."""

    code = grpc.StatusCode.INTERNAL


class UpsertFailed(RagError):
    """Some documents were not written; `failures` has the error of each by document id."""

    def __init__(self, message: str, *, failures: Mapping[str, RagError] | None = None) -> None:
        first = next(iter((failures or {}).values()), None)
        super().__init__(message, code=first.code if first else None)
        self.failures: Mapping[str, RagError] = dict(failures or {})


BY_CODE: Mapping[grpc.StatusCode, type[RagError]] = {
    each.code: each
    for each in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        FailedPrecondition,
        ResourceExhausted,
        DeadlineExceeded,
        Cancelled,
        Unavailable,
        Unimplemented,
        DataLoss,
        Internal,
    )
}
