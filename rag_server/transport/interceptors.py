"""The interceptors, in one ordered list with the reason for each place.

Tracing stands outside of all of them as a plain gRPC interceptor (it must open the
span before anything is measured) and is skipped whole for a call that is not sampled.
"""

import asyncio
import logging
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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
from rag_server.transport.errors import code_of
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
    authenticate: Callable[[str], Principal],
    key_required: bool,
    default_deadline: float,
    max_deadline: float,
) -> Sequence[Interceptor]:
    """`rejected` hears of calls that are turned away, by reason. Deadlines in seconds."""
    return (
        request_id,  # first: everything that is said of a call names it
        measured(metrics),  # outside of what may refuse a call, so that refusals count
        logged(structlog.get_logger("ragrpc.rpc").bind()),  # sees the final status, too
        mapped(rejected),  # from here on outwards an error is a status with details
        authenticated(authenticate, key_required),  # before any work is done for a stranger
        limited(default_deadline, max_deadline),  # time starts to count for known callers
        validated,  # last: the servicer sees only what keeps to the contract
    )


@contextmanager
def request_id(rpc: Rpc) -> Iterator[None]:
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

    @contextmanager
    def surround(rpc: Rpc) -> Iterator[None]:
        handled = metrics.started(rpc.method.service, rpc.method.name, rpc.method.type)
        try:
            yield
        finally:
            handled.handled(rpc.code.name, time.perf_counter() - rpc.began)

    return surround


def logged(log: Any) -> Interceptor:
    """One line per call: failures always, successes at level debug."""
    told_of_success = log.is_enabled_for(logging.DEBUG)

    @contextmanager
    def surround(rpc: Rpc) -> Iterator[None]:
        try:
            yield
        finally:
            if rpc.code is not grpc.StatusCode.OK:
                log.info("call", **_account(rpc))
            elif told_of_success:
                log.debug("call", **_account(rpc))

    return surround


def _account(rpc: Rpc) -> dict[str, Any]:
    return {
        "service": rpc.method.service,
        "method": rpc.method.name,
        "code": rpc.code.name,
        "milliseconds": round(1000 * (time.perf_counter() - rpc.began), 2),
        "tenant": rpc.principal.tenant,
        "key_id": rpc.principal.key_id,
    }


def mapped(rejected: Callable[[str], None]) -> Interceptor:
    """Makes a RagError of everything that goes wrong, and its status that of the call."""

    @contextmanager
    def surround(rpc: Rpc) -> Iterator[None]:
        try:
            yield
        except RagError as error:
            rpc.code = code_of(error)
            if isinstance(error, _TURNED_AWAY):
                rejected(error.reason)
            raise
        except Exception as error:
            rpc.code = grpc.StatusCode.INTERNAL
            _log.error("defect", method=rpc.method.name, exc_info=error)
            raise RagError("internal error; the log has it under the request id") from error
        except _ABANDONED:
            rpc.code = grpc.StatusCode.CANCELLED
            # Nobody waits any more: let worker threads stop at their next check.
            rpc.deadline.cancel()
            raise

    return surround


def authenticated(authenticate: Callable[[str], Principal], required: bool) -> Interceptor:
    """Finds the principal of the x-api-key. Where none is required a caller without one is
    anonymous; a key that is sent counts all the same, and a wrong one is refused."""

    @contextmanager
    def surround(rpc: Rpc) -> Iterator[None]:
        sent = required or "x-api-key" in rpc.metadata
        rpc.principal = authenticate(_key(rpc)) if sent else ANONYMOUS
        yield

    return surround


def limited(default_deadline: float, max_deadline: float) -> Interceptor:
    """Gives the call its deadline: the caller's, or the server's where it is shorter."""

    @contextmanager
    def surround(rpc: Rpc) -> Iterator[None]:
        asked = rpc.context.time_remaining()
        if rpc.method.type == "bidi_stream":
            # It lasts as long as its sender goes on; what it does is limited part by part.
            default, longest = math.inf, math.inf
        else:
            default, longest = default_deadline, max_deadline
        # None without a deadline, which the stubs do not know.
        seconds = default if asked is None else min(asked, longest)  # type: ignore[redundant-expr]
        rpc.deadline = Deadline(seconds)
        try:
            yield
        except TimeoutError:
            rpc.deadline.cancel()
            raise DeadlineExceeded(
                "the deadline ran out", Reason.DEADLINE_EXCEEDED, {"stage": "waiting"}
            ) from None

    return surround


@contextmanager
def validated(rpc: Rpc) -> Iterator[None]:
    """Refuses what could not be decoded or does not keep to the contract."""
    if isinstance(rpc.request, RagError):
        raise rpc.request
    if rpc.request is not None:
        check(rpc.request)
    yield


def _key(rpc: Rpc) -> str:
    key = rpc.metadata.get("x-api-key")
    if not isinstance(key, str) or not key:
        raise NotAuthenticated(
            "this server wants an API key in the metadata x-api-key", Reason.INVALID_API_KEY
        )
    return key
