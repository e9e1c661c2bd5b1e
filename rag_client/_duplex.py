"""A stream in both directions, for a caller that blocks."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self

import grpc
from ragrpc.v1 import document_service_pb2 as pb

from rag_client._convert.errors import error_of_rpc
from rag_client._packing import packed
from rag_client._reconnecting import Broken
from rag_client._sending import Envelope

Frames = Sequence[pb.IngestFrame]


class Duplex:
    """An open StreamIngest. gRPC takes requests from one thread and a second one reads the
    responses; the owner only meets their queues, so that it can do both by itself."""

    def __init__(self, rpc: Any, opening: pb.StreamIngestRequest, envelope: Envelope) -> None:
        self._envelope = envelope
        self._outbox: SimpleQueue[Frames] = SimpleQueue()
        self._inbox: SimpleQueue[pb.StreamIngestResponse | grpc.RpcError | None] = SimpleQueue()
        self._call = rpc(
            self._requests(opening), timeout=envelope.timeout, metadata=envelope.metadata
        )
        Thread(target=self._read, daemon=True).start()

    def send(self, frames: Frames) -> None:
        """Frames go on their way; never blocks."""
        self._outbox.put(frames)

    def received(self, *, wait: bool) -> Iterator[pb.StreamIngestResponse]:
        """The responses that are there, waiting for the first where asked to. Raises Broken once
        the stream has ended."""
        with suppress(Empty):
            while True:
                response = self._inbox.get(block=wait)
                wait = False
                if response is None:
                    raise Broken(None)
                if isinstance(response, grpc.RpcError):
                    error = error_of_rpc(response, self._envelope.request_id)
                    raise Broken(error) from response
                yield response

    def finish(self) -> None:
        """Nothing more is sent; wait until the server has ended the stream."""
        self._outbox.put(())
        with suppress(Broken):
            while True:
                for _ in self.received(wait=True):
                    pass

    def _requests(self, opening: pb.StreamIngestRequest) -> Iterator[pb.StreamIngestRequest]:
        yield opening
        while frames := self._outbox.get():
            yield packed(frames, self._waiting)

    def _waiting(self) -> Frames:
        with suppress(Empty):
            if frames := self._outbox.get_nowait():
                return frames
            # The end, which is for the next message.
            self._outbox.put(())
        return ()

    def _read(self) -> None:
        try:
            for response in self._call:
                self._inbox.put(response)
            self._inbox.put(None)
        except grpc.RpcError as error:
            self._inbox.put(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._call.cancel()
        self._outbox.put(())
