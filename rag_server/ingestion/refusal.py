"""Why a document is not taken in."""

from rag_server.core.errors import InvalidRequest, Reason, Violation


def unreadable(description: str) -> InvalidRequest:
    """What is in the document cannot be read: "content: {description}"."""
    return _refused(description, Reason.UNREADABLE_DOCUMENT, {})


def over_limit(description: str, setting: str) -> InvalidRequest:
    """The document costs more than `setting` allows: "content: {description}"."""
    return _refused(description, Reason.PARSING_LIMIT, {"limit": setting})


def _refused(description: str, reason: Reason, metadata: dict[str, str]) -> InvalidRequest:
    violation = Violation("content", description)
    return InvalidRequest(f"content: {description}", reason, metadata, [violation])
