"""The errors that the domain raises; transport maps each kind to one gRPC code.

RagError
├── InvalidRequest        the request is wrong, whoever sends it
├── NotAuthenticated      no or a wrong credential
├── NotPermitted          a right is missing
├── NotFound              collection, document or pipeline
├── AlreadyExists         a name is taken
├── PreconditionFailed    the server is not set up for it
├── Exhausted             too much at once, or too large
├── Unavailable           try again later
├── DataLoss              stored data is not what was written
└── DeadlineExceeded      time ran out
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Values of `ragrpc.v1.ErrorReason` without their prefix."""

    INVALID_REQUEST = "INVALID_REQUEST"
    UNDECODABLE_MESSAGE = "UNDECODABLE_MESSAGE"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    INVALID_PAGE_TOKEN = "INVALID_PAGE_TOKEN"
    INVALID_CONSISTENCY_TOKEN = "INVALID_CONSISTENCY_TOKEN"
    INVALID_API_KEY = "INVALID_API_KEY"
    ROLE_REQUIRED = "ROLE_REQUIRED"
    COLLECTION_NOT_FOUND = "COLLECTION_NOT_FOUND"
    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    COLLECTION_EXISTS = "COLLECTION_EXISTS"
    PIPELINE_NOT_FOUND = "PIPELINE_NOT_FOUND"
    RETRIEVER_NOT_FOUND = "RETRIEVER_NOT_FOUND"
    RERANKER_NOT_FOUND = "RERANKER_NOT_FOUND"
    OVERLOADED = "OVERLOADED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_READY = "NOT_READY"
    INDEX_BEHIND = "INDEX_BEHIND"
    GENERATOR_UNAVAILABLE = "GENERATOR_UNAVAILABLE"
    GENERATOR_NOT_CONFIGURED = "GENERATOR_NOT_CONFIGURED"
    RERANKER_NOT_CONFIGURED = "RERANKER_NOT_CONFIGURED"
    INTERNAL = "INTERNAL"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    CANCELLED = "CANCELLED"
    EMBEDDER_MISMATCH = "EMBEDDER_MISMATCH"
    EXTRA_NOT_INSTALLED = "EXTRA_NOT_INSTALLED"
    STORAGE_FULL = "STORAGE_FULL"
    JOB_NOT_FOUND = "JOB_NOT_FOUND"
    JOB_IN_PROGRESS = "JOB_IN_PROGRESS"
    GENERATION_CHANGED = "GENERATION_CHANGED"
    EMBEDDER_NOT_FOUND = "EMBEDDER_NOT_FOUND"
    JOB_GAVE_UP = "JOB_GAVE_UP"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    UNREADABLE_DOCUMENT = "UNREADABLE_DOCUMENT"
    PARSING_LIMIT = "PARSING_LIMIT"
    BACKUP_NOT_FOUND = "BACKUP_NOT_FOUND"
    BACKUP_CORRUPT = "BACKUP_CORRUPT"
    BACKUP_IN_USE = "BACKUP_IN_USE"
    BACKUP_INCOMPATIBLE = "BACKUP_INCOMPATIBLE"
    BACKUP_NOT_CONFIGURED = "BACKUP_NOT_CONFIGURED"
    BACKUP_TARGET_UNAVAILABLE = "BACKUP_TARGET_UNAVAILABLE"
    FIELD_MISSING = "FIELD_MISSING"


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is wrong: `field` is a proto path such as `documents[3].id`."""

    field: str
    description: str


@dataclass
class RagError(Exception):
    """Base of all errors of the domain.

    `message` is one sentence for a person, never holds document text, questions,
    keys or driver text; `metadata` names things (collection, stage, limit).
    """

    message: str
    reason: Reason = Reason.INTERNAL
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[Violation] = ()

    def __str__(self) -> str:
        return self.message


class InvalidRequest(RagError):
    """The request itself is wrong; sending it again cannot help."""

    @classmethod
    def of(cls, *violations: Violation) -> "InvalidRequest":
        """An error that names the offending fields."""
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        message = f"{first.field}: {first.description}{more}"
        return cls(message, Reason.INVALID_REQUEST, violations=violations)


class NotAuthenticated(RagError):
    """The caller could not be identified."""


class NotPermitted(RagError):
    """The caller is known but lacks the role."""


class NotFound(RagError):
    """What was named does not exist for this caller."""


class AlreadyExists(RagError):
    """The name is taken."""


class PreconditionFailed(RagError):
    """The server is not set up for what was asked."""


@dataclass
class Exhausted(RagError):
    """Too much at once or too large. `retry_after_ms` None: a retry is futile."""

    retry_after_ms: int | None = None


@dataclass
class Unavailable(RagError):
    """A part is away for now; a retry may help. `retry_after_ms` None: there is no telling
    when."""

    retry_after_ms: int | None = None


class DataLoss(RagError):
    """What was stored is missing or not what was written."""


class DeadlineExceeded(RagError):
    """The call's time ran out."""
