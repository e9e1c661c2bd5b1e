"""Why a schema could not be changed, said without a driver's text."""

from collections.abc import Iterator

from rag_server.core.errors import Exhausted, RagError, Reason

_FULL = "SQLITE_FULL"
_DISK = "SQLITE_IOERR"


def failed(what: str, error: BaseException) -> RagError:
    """The error for `what` (a whole sentence); a full disk is told from everything else."""
    code = next((code for each in _chain(error) if (code := _code(each))), "")
    if code == _FULL:
        message = f"{what}: the disk is full; make room and try again"
        return Exhausted(message, Reason.NOT_READY, {"code": code})
    if code.startswith(_DISK):
        return RagError(f"{what}: the disk refused to read or write ({code})", Reason.NOT_READY)
    detail = f" ({code})" if code else f" ({type(error).__name__})"
    return RagError(f"{what}{detail}", Reason.INTERNAL, {"code": code})


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _code(error: BaseException) -> str:
    """The standard name that a driver gives the cause, if it does: it holds nobody's data."""
    return getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""
