"""Streamed answers: iterators of typed events, with the text alone or the final answer."""

from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from rag_client._convert.errors import error_of_rpc
from rag_client.errors import Internal
from rag_client.types import Answer, Completed, Event, TextDelta

_Read = Callable[[Any], Event | None]


class AnswerStream(Iterator[Event]):
    """The events of one answer, as they come; use it once.

    Events before `Completed` are provisional. RagError ends the iteration where the
    answer fails; leaving a `with` block or calling `close` cancels what is under way.
    """

    def __init__(self, responses: Any, read: _Read, request_id: str) -> None:
        self.request_id = request_id
        self._responses = responses
        self._read = read
        self._answer: Answer | None = None

    def __next__(self) -> Event:
        try:
            for response in self._responses:
                event = self._read(response)
                if event is not None:
                    return self._noted(event)
        except grpc.RpcError as error:
            raise error_of_rpc(error, self.request_id) from error
        _complete(self._answer, self.request_id)
        raise StopIteration

    def _noted(self, event: Event) -> Event:
        if isinstance(event, Completed):
            self._answer = event.answer
        return event

    def text(self) -> Iterator[str]:
        """The pieces of text alone, in order; provisional as all events are."""
        return (event.text for event in self if isinstance(event, TextDelta))

    def answer(self) -> Answer:
        """The authoritative answer, once the rest of the events has come."""
        for _ in self:
            pass
        return _complete(self._answer, self.request_id)

    def close(self) -> None:
        """Cancels the answer if it is still under way."""
        self._responses.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncAnswerStream(AsyncIterator[Event]):
    """The events of one answer, as they come, on the loop that started it; use it once.

    Otherwise as AnswerStream.
    """

    def __init__(self, responses: Any, read: _Read, request_id: str) -> None:
        self.request_id = request_id
        self._responses = responses
        self._incoming = responses.__aiter__()
        self._read = read
        self._answer: Answer | None = None

    async def __anext__(self) -> Event:
        try:
            async for response in self._incoming:
                event = self._read(response)
                if event is not None:
                    return self._noted(event)
        except grpc.RpcError as error:
            raise error_of_rpc(error, self.request_id) from error
        _complete(self._answer, self.request_id)
        raise StopAsyncIteration

    def _noted(self, event: Event) -> Event:
        if isinstance(event, Completed):
            self._answer = event.answer
        return event

    async def text(self) -> AsyncIterator[str]:
        """The pieces of text alone, in order; provisional as all events are."""
        async for event in self:
            if isinstance(event, TextDelta):
                yield event.text

    async def answer(self) -> Answer:
        """The authoritative answer, once the rest of the events has come."""
        async for _ in self:
            pass
        return _complete(self._answer, self.request_id)

    async def close(self) -> None:
        """Cancels the answer if it is still under way."""
        self._responses.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _complete(answer: Answer | None, request_id: str) -> Answer:
    # A stream that just stops must not look like one that was finished.
    if answer is None:
        raise Internal("the stream ended before its final event", request_id=request_id)
    return answer
