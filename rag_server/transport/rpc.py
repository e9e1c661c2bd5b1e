"""One RPC on its way through the interceptors."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import grpc
from google.protobuf.message import DecodeError, Message

from rag_server.core.call import Call, Deadline
from rag_server.core.errors import Exhausted, InvalidRequest, RagError, Reason
from rag_server.core.principal import ANONYMOUS, Principal
from rag_server.core.telemetry import SILENT, Telemetry


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the contract: full service name, name, and "unary", "server_stream" or
    "bidi_stream"."""

    service: str
    name: str
    type: str


@dataclass(slots=True)
class Rpc:
    """What the interceptors know of a call; each fills in its part. `request` is None where
    the caller streams: its messages are checked as they come."""

    method: Method
    context: "grpc.aio.ServicerContext[object, object]"
    request: Message | RagError | None
    metadata: dict[str, str | bytes]
    began: float = field(default_factory=time.perf_counter)
    request_id: str = ""
    principal: Principal = ANONYMOUS
    deadline: Deadline = field(default_factory=lambda: Deadline(0.0))
    code: grpc.StatusCode = grpc.StatusCode.OK

    def call(self, telemetry: Telemetry = SILENT) -> Call:
        """The same call as the core sees it."""
        return Call(self.principal, self.deadline, self.request_id, telemetry)


class Handled(Protocol):
    """Takes the end of one call."""

    def handled(self, code: str, seconds: float) -> None:
        """`code` is a status name such as "OK"."""
        ...


class RpcMetrics(Protocol):
    """Counts calls."""

    def started(self, service: str, method: str, type: str) -> Handled:
        """A call begins."""
        ...


# An interceptor surrounds a call; a RagError that leaves it becomes the status of the call.
# Not asynchronous: none of them waits for anything, and this is a quarter of the cost.
Interceptor = Callable[[Rpc], AbstractContextManager[None]]


def decoder(message: type[Message], limit: int) -> Callable[[bytes], Message | RagError]:
    """A deserializer that never raises: what cannot be read becomes the error that the
    caller is to get, where grpc.aio would answer UNKNOWN by itself."""

    def decode(data: bytes) -> Message | RagError:
        if len(data) > limit:
            return Exhausted(
                f"the message has {len(data)} bytes, the server accepts {limit}",
                Reason.MESSAGE_TOO_LARGE,
                {"limit_bytes": str(limit)},
            )
        try:
            return message.FromString(data)
        except (DecodeError, ValueError, RecursionError):
            return InvalidRequest(
                f"the bytes are no {message.DESCRIPTOR.full_name}", Reason.UNDECODABLE_MESSAGE
            )

    return decode
