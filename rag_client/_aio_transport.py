"""Sends calls over an asyncio channel that is opened at first use, once per event loop."""

# The timeout is the deadline that the server is told, not a local one.
# ruff: noqa: ASYNC109

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc

from rag_client import _calls
from rag_client._aio_duplex import AioDuplex
from rag_client._calls import Call, Page, Stubs, following
from rag_client._channel import Connection
from rag_client._convert.errors import error_of_rpc
from rag_client._sending import Envelope
from rag_client.errors import FailedPrecondition
from rag_client.streams import AsyncAnswerStream
from rag_client.types import Event

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Open:
    channel: grpc.aio.Channel
    stubs: Stubs


@dataclass(slots=True)
class AioTransport:
    """Lazy channels, one per running loop, since each is bound to its loop.

    `timeout` (seconds) is of calls that name none. A client that was used before a fork
    refuses to be used in the child: gRPC's asyncio machinery does not survive it.
    """

    connection: Connection
    timeout: float
    _opened: dict[asyncio.AbstractEventLoop, _Open] = field(default_factory=dict)
    _pid: int = 0
    _closed: bool = False

    async def invoke(self, call: Call[Result], timeout: float | None = None) -> Result:
        """Sends a unary call; RagError where it fails."""
        envelope = self._envelope(timeout)
        try:
            response = await call.rpc(self._stubs())(
                call.request, timeout=envelope.timeout, metadata=envelope.metadata
            )
        except grpc.RpcError as error:
            raise error_of_rpc(error, envelope.request_id) from error
        return call.read(response)

    async def pages(self, call: Call[Page[Result]], timeout: float | None) -> AsyncIterator[Result]:
        """The items of all pages, each page asked for when it is reached."""
        while True:
            page = await self.invoke(call, timeout)
            for item in page.items:
                yield item
            if not page.next_token:
                return
            call = following(call, page.next_token)

    def stream(self, call: Call[Event | None], timeout: float | None) -> AsyncAnswerStream:
        """Starts a streamed answer."""
        envelope = self._envelope(timeout)
        responses: Any = call.rpc(self._stubs())(
            call.request, timeout=envelope.timeout, metadata=envelope.metadata
        )
        return AsyncAnswerStream(responses, call.read, envelope.request_id)

    def ingest(self, collection: str) -> AioDuplex:
        """Opens a stream of documents, which has no deadline."""
        opening = _calls.opening(collection)
        envelope = Envelope.of(self.connection, None)
        return AioDuplex(self._stubs().documents.StreamIngest, opening, envelope)

    async def messages(
        self, call: Call[Result], timeout: float | None
    ) -> AsyncGenerator[Result, None]:
        """What a stream brings, as it comes; cancelled when nobody reads on."""
        envelope = self._envelope(timeout)
        responses: Any = call.rpc(self._stubs())(
            call.request, timeout=envelope.timeout, metadata=envelope.metadata
        )
        try:
            async for response in responses:
                yield call.read(response)
        except grpc.RpcError as error:
            raise error_of_rpc(error, envelope.request_id) from error
        finally:
            responses.cancel()

    async def close(self) -> None:
        """Closes the running loop's channel and lets go of those of other loops."""
        self._closed = True
        if self._pid != os.getpid():
            return
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        self._opened.clear()
        if opened is not None:
            await opened.channel.close()

    def _envelope(self, timeout: float | None) -> Envelope:
        return Envelope.of(self.connection, self.timeout if timeout is None else timeout)

    def _stubs(self) -> Stubs:
        if self._closed:
            raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED")
        if self._opened and self._pid != os.getpid():
            raise FailedPrecondition(
                "this asyncio client was used before the process forked: "
                "use it in the child only, or use RagClient",
                reason="CLIENT_FORKED",
            )
        loop = asyncio.get_running_loop()
        opened = self._opened.get(loop)
        return (opened or self._open(loop)).stubs

    def _open(self, loop: asyncio.AbstractEventLoop) -> _Open:
        for each in list(self._opened):
            if each.is_closed():
                self._opened.pop(each, None)
        channel = _channel(self.connection)
        self._pid = os.getpid()
        return self._opened.setdefault(loop, _Open(channel, Stubs(channel)))


def _channel(connection: Connection) -> grpc.aio.Channel:
    credentials = connection.credentials()
    if credentials is None:
        return grpc.aio.insecure_channel(connection.address, connection.options())
    return grpc.aio.secure_channel(connection.address, credentials, connection.options())
