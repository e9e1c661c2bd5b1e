"""Errors as one line that says what to do, and the exit code that goes with them."""

from rag_client.cli import encoding, output
from rag_client.cli.session import Session
from rag_client.errors import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    RagError,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)

FAILURE, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

_BY_REASON = {
    "COLLECTION_NOT_FOUND": "`ragrpc collections list` shows what there is",
    "DOCUMENT_NOT_FOUND": "`ragrpc documents list` shows what there is",
    "PIPELINE_NOT_FOUND": "`ragrpc status` lists the pipelines",
    "MESSAGE_TOO_LARGE": "send less at once",
    "GENERATOR_NOT_CONFIGURED": "leave out --generator, or set up a language model on the server",
}
_BY_KIND: dict[type[RagError], str] = {
    Unauthenticated: "give a valid key with --api-key or RAGRPC_API_KEY",
    PermissionDenied: "use a key that has the role",
    AlreadyExists: "choose another name",
    DeadlineExceeded: "give more time with --timeout",
    ResourceExhausted: "try again in a moment",
    Unavailable: "try again in a moment",
    Unimplemented: "the server is older than this client",
    Internal: "the server's log has it under the request id",
    NotFound: "check the name",
    FailedPrecondition: "check the server's settings",
}


def report(error: RagError, session: Session | None) -> int:
    """Prints the error to stderr and returns the exit code."""
    if session is not None and session.json:
        output.note(encoding.document({"error": error}))
    else:
        output.note(f"ragrpc: {_line(error, session.address if session else '')}")
    return USAGE if isinstance(error, InvalidArgument) else FAILURE


def _line(error: RagError, address: str) -> str:
    if isinstance(error, Unavailable) and not error.reason:
        return (
            f"cannot reach a server at {address}: start one with `ragrpc-server serve`, "
            "or say where it is with --address (and --tls-ca, if it speaks TLS)"
        )
    message = " ".join(error.message.split()).rstrip(".")
    advice = _BY_REASON.get(error.reason) or _BY_KIND.get(type(error))
    request = f" [request {error.request_id}]" if isinstance(error, Internal) else ""
    return f"{message}; {advice}{request}" if advice else f"{message}{request}"
