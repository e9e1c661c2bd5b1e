"""Sends calls over a blocking channel that is opened at first use, once per process."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc

from rag_client import _calls
from rag_client._calls import Call, Page, Stubs, following
from rag_client._channel import Connection
from rag_client._convert.errors import error_of_rpc
from rag_client._duplex import Duplex
from rag_client._sending import Envelope
from rag_client.errors import FailedPrecondition
from rag_client.streams import AnswerStream
from rag_client.types import Event

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Open:
    channel: grpc.Channel
    stubs: Stubs


@dataclass(slots=True)
class Transport:
    """A lazy channel; thread-safe. `timeout` (seconds) is of calls that name none.

    A forked child opens a channel of its own and keeps, unused, the one it inherited:
    closing that would touch the parent's connection.
    """

    connection: Connection
    timeout: float
    _opened: dict[int, _Open] = field(default_factory=dict)
    _closed: bool = False

    def invoke(self, call: Call[Result], timeout: float | None = None) -> Result:
        """Sends a unary call; RagError where it fails."""
        envelope = self._envelope(timeout)
        try:
            response = call.rpc(self._stubs())(
                call.request, timeout=envelope.timeout, metadata=envelope.metadata
            )
        except grpc.RpcError as error:
            raise error_of_rpc(error, envelope.request_id) from error
        return call.read(response)

    def pages(self, call: Call[Page[Result]], timeout: float | None) -> Iterator[Result]:
        """The items of all pages, each page asked for when it is reached."""
        while True:
            page = self.invoke(call, timeout)
            yield from page.items
            if not page.next_token:
                return
            call = following(call, page.next_token)

    def stream(self, call: Call[Event | None], timeout: float | None) -> AnswerStream:
        """Starts a streamed answer."""
        envelope = self._envelope(timeout)
        responses: Any = call.rpc(self._stubs())(
            call.request, timeout=envelope.timeout, metadata=envelope.metadata
        )
        return AnswerStream(responses, call.read, envelope.request_id)

    def ingest(self, collection: str) -> Duplex:
        """Opens a stream of documents, which has no deadline."""
        opening = _calls.opening(collection)
        envelope = Envelope.of(self.connection, None)
        return Duplex(self._stubs().documents.StreamIngest, opening, envelope)

    def messages(self, call: Call[Result], timeout: float | None) -> Generator[Result, None, None]:
        """What a stream brings, as it comes; cancelled when nobody reads on."""
        envelope = self._envelope(timeout)
        responses: Any = call.rpc(self._stubs())(
            call.request, timeout=envelope.timeout, metadata=envelope.metadata
        )
        try:
            for response in responses:
                yield call.read(response)
        except grpc.RpcError as error:
            raise error_of_rpc(error, envelope.request_id) from error
        finally:
            responses.cancel()

    def close(self) -> None:
        """Closes this process's channel; calls under way are cancelled."""
        self._closed = True
        opened = self._opened.pop(os.getpid(), None)
        if opened is not None:
            opened.channel.close()

    def _envelope(self, timeout: float | None) -> Envelope:
        return Envelope.of(self.connection, self.timeout if timeout is None else timeout)

    def _stubs(self) -> Stubs:
        if self._closed:
            raise FailedPrecondition("the client is closed", reason="CLIENT_CLOSED")
        opened = self._opened.get(os.getpid())
        return (opened or self._open()).stubs

    def _open(self) -> _Open:
        channel = _channel(self.connection)
        # No lock: one held by another thread at a fork would stay locked in the child.
        opened = self._opened.setdefault(os.getpid(), _Open(channel, Stubs(channel)))
        if opened.channel is not channel:
            channel.close()
        return opened


def _channel(connection: Connection) -> grpc.Channel:
    credentials = connection.credentials()
    if credentials is None:
        return grpc.insecure_channel(connection.address, connection.options())
    return grpc.secure_channel(connection.address, credentials, connection.options())
