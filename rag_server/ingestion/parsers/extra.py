"""Libraries that only the extra `documents` brings."""

from rag_server.core.errors import PreconditionFailed, Reason


def not_installed(what: str) -> PreconditionFailed:
    """The error that says how to make the server read `what`."""
    return PreconditionFailed(
        f"this server cannot read {what}: whoever runs it must pip install 'ragrpc[documents]'",
        Reason.EXTRA_NOT_INSTALLED,
        {"extra": "documents"},
    )
