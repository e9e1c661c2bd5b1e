"""The interceptors, in one ordered list with the reason for each place.

Tracing stands outside of all of them as a plain gRPC interceptor (it must open the
span before anything is measured) and is skipped whole for a call that is not sampled.
"""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import grpc
import structlog

from rag_server.core.call import Deadline
from rag_server.core.errors import (
    DeadlineExceeded,
    Exhausted,
    NotAuthenticated,
    NotPermitted,
    RagError,
    Reason,
)
from rag_server.core.principal import ANONYMOUS, Principal
from rag_server.transport.errors import code_of, trailers_of
from rag_server.transport.rpc import Interceptor, Rpc, RpcMetrics
from rag_server.transport.validation import check

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
# How a handler learns that its caller is gone: cancelled while it works, closed while it
# waits for a message of a stream to be sent.
_ABANDONED = (asyncio.CancelledError, GeneratorExit)
# Refused before any work was done for the caller.
_TURNED_AWAY = (NotAuthenticated, NotPermitted, Exhausted)
_log = structlog.get_logger("ragrpc.rpc")


def interceptors(
    metrics: RpcMetrics,
    rejected: Callable[[str], None],
    authenticate: Callable[[str], Principal] | None,
    default_deadline: float,
    max_deadline: float,
) -> Sequence[Interceptor]:
    """`authenticate` None: authentication is off. Deadlines in seconds."""
    return (
        request_id,  # first: everything that is said of a call names it
        measured(metrics),  # outside of what may refuse a call, so that refusals count
        logged,  # sees the final status, as the metrics do
        mapped(rejected),  # from here on inwards errors are the core's; outwards they are statuses
        authenticated(authenticate),  # before any work is done for a stranger
        limited(default_deadline, max_deadline),  # time starts to count for known callers
        validated,  # last: the servicer sees only what keeps to the contract
    )


@asynccontextmanager
async def request_id(rpc: Rpc) -> AsyncIterator[None]:
    """Takes the caller's x-request-id or makes one, and sends it back as a trailer."""
    given = rpc.metadata.get("x-request-id", "")
    usable = isinstance(given, str) and _REQUEST_ID.fullmatch(given)
    rpc.request_id = str(given) if usable else secrets.token_hex(8)
    rpc.context.set_trailing_metadata((("x-request-id", rpc.request_id),))
    # Never unbound: every call runs in a task, and thereby a context, of its own.
    structlog.contextvars.bind_contextvars(request_id=rpc.request_id)
    yield


def measured(metrics: RpcMetrics) -> Interceptor:
    """Counts and times the call under its final status code."""

    @asynccontextmanager
    async def surround(rpc: Rpc) -> AsyncIterator[None]:
        handled = metrics.started(rpc.method.service, rpc.method.name, rpc.method.type)
        try:
            yield
        except _ABANDONED:
            rpc.code = grpc.StatusCode.CANCELLED
            raise
        finally:
            handled.handled(rpc.code.name, time.perf_counter() - rpc.began)

    return surround


@asynccontextmanager
async def logged(rpc: Rpc) -> AsyncIterator[None]:
    """One line per call: failures always, successes at level debug."""
    try:
        yield
    finally:
        log = _log.debug if rpc.code is grpc.StatusCode.OK else _log.info
        log(
            "call",
            service=rpc.method.service,
            method=rpc.method.name,
            code=rpc.code.name,
            milliseconds=round(1000 * (time.perf_counter() - rpc.began), 2),
            tenant=rpc.principal.tenant,
            key_id=rpc.principal.key_id,
        )


def mapped(rejected: Callable[[str], None]) -> Interceptor:
    """Turns the core's errors into a status with details, and a defect into INTERNAL.
    `rejected` counts calls that were turned away at the door, by reason."""

    @asynccontextmanager
    async def surround(rpc: Rpc) -> AsyncIterator[None]:
        try:
            yield
        except RagError as error:
            if isinstance(error, _TURNED_AWAY):
                rejected(error.reason)
            await _abort(rpc, error)
        except Exception as error:
            _log.error("defect", method=rpc.method.name, exc_info=error)
            await _abort(rpc, RagError("internal error; the log has it under the request id"))
        except _ABANDONED:
            # Nobody waits any more: let worker threads stop at their next check.
            rpc.deadline.cancel()
            raise

    return surround


def authenticated(authenticate: Callable[[str], Principal] | None) -> Interceptor:
    """Finds the principal of the x-api-key; everybody is anonymous where this is off."""

    @asynccontextmanager
    async def surround(rpc: Rpc) -> AsyncIterator[None]:
        rpc.principal = ANONYMOUS if authenticate is None else authenticate(_key(rpc))
        yield

    return surround


def limited(default_deadline: float, max_deadline: float) -> Interceptor:
    """Gives the call its deadline: the caller's, or the server's where it is shorter."""

    @asynccontextmanager
    async def surround(rpc: Rpc) -> AsyncIterator[None]:
        asked = rpc.context.time_remaining()
        # None without a deadline, which the stubs do not know.
        seconds = default_deadline if asked is None else min(asked, max_deadline)  # type: ignore[redundant-expr]
        rpc.deadline = Deadline(seconds)
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            rpc.deadline.cancel()
            raise DeadlineExceeded(
                "the deadline ran out", Reason.DEADLINE_EXCEEDED, {"stage": "waiting"}
            ) from None

    return surround


@asynccontextmanager
async def validated(rpc: Rpc) -> AsyncIterator[None]:
    """Refuses what could not be decoded or does not keep to the contract."""
    if isinstance(rpc.request, RagError):
        raise rpc.request
    check(rpc.request)
    yield


def _key(rpc: Rpc) -> str:
    key = rpc.metadata.get("x-api-key")
    if not isinstance(key, str) or not key:
        raise NotAuthenticated(
            "this server wants an API key in the metadata x-api-key", Reason.INVALID_API_KEY
        )
    return key


async def _abort(rpc: Rpc, error: RagError) -> None:
    rpc.code = code_of(error)
    trailers = (*trailers_of(error), ("x-request-id", rpc.request_id))
    await rpc.context.abort(rpc.code, error.message[:1_000], trailers)
