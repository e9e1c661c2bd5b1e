"""A stream in both directions, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import grpc
from ragrpc.v1 import document_service_pb2 as pb

from rag_client._convert.errors import error_of_rpc
from rag_client._packing import packed
from rag_client._reconnecting import Broken
from rag_client._sending import Envelope

Frames = Sequence[pb.IngestFrame]


class AioDuplex:
    """An open StreamIngest, as Duplex."""

    def __init__(self, rpc: Any, opening: pb.StreamIngestRequest, envelope: Envelope) -> None:
        self._envelope = envelope
        self._outbox: asyncio.Queue[Frames] = asyncio.Queue()
        self._inbox: asyncio.Queue[pb.StreamIngestResponse | grpc.RpcError | None] = asyncio.Queue()
        self._call = rpc(
            self._requests(opening), timeout=envelope.timeout, metadata=envelope.metadata
        )
        self._reader = asyncio.create_task(self._read())

    def send(self, frames: Frames) -> None:
        """Frames go on their way."""
        self._outbox.put_nowait(frames)

    async def received(self, *, wait: bool) -> Sequence[pb.StreamIngestResponse]:
        """As of Duplex. Without waiting it still lets gRPC work."""
        if not wait:
            await asyncio.sleep(0)
        responses = [self._checked(await self._inbox.get())] if wait else []
        while not self._inbox.empty():
            response = self._inbox.get_nowait()
            if responses and not isinstance(response, pb.StreamIngestResponse):
                # The end comes after what was said before it.
                self._inbox.put_nowait(response)
                break
            responses.append(self._checked(response))
        return responses

    async def finish(self) -> None:
        """Nothing more is sent; wait until the server has ended the stream."""
        self._outbox.put_nowait(())
        with suppress(Broken):
            while True:
                await self.received(wait=True)

    def _checked(
        self, response: pb.StreamIngestResponse | grpc.RpcError | None
    ) -> pb.StreamIngestResponse:
        if response is None:
            raise Broken(None)
        if isinstance(response, grpc.RpcError):
            error = error_of_rpc(response, self._envelope.request_id)
            raise Broken(error) from response
        return response

    async def _requests(
        self, opening: pb.StreamIngestRequest
    ) -> AsyncIterator[pb.StreamIngestRequest]:
        yield opening
        while frames := await self._outbox.get():
            yield packed(frames, self._waiting)

    def _waiting(self) -> Frames:
        with suppress(asyncio.QueueEmpty):
            if frames := self._outbox.get_nowait():
                return frames
            # The end, which is for the next message.
            self._outbox.put_nowait(())
        return ()

    async def _read(self) -> None:
        try:
            async for response in self._call:
                self._inbox.put_nowait(response)
            self._inbox.put_nowait(None)
        except grpc.RpcError as error:
            self._inbox.put_nowait(error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._call.cancel()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
