"""From a servicer object to gRPC handlers, each surrounded by the interceptors once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from math import isfinite
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from rag_server.core.call import Call
from rag_server.core.errors import RagError
from rag_server.core.telemetry import Telemetry
from rag_server.transport.contract import type_of
from rag_server.transport.errors import MAX_MESSAGE, trailers_of
from rag_server.transport.rpc import Interceptor, Method, Rpc, decoder

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

# Of a message that is one of many: decoding it takes a multiple of this for a moment.
STREAMED_MESSAGE_BYTES = 1024 * 1024


class HandlerFactory:
    """Makes the handlers of a service: the servicer has one coroutine method (unary) or
    async generator (stream) per RPC, taking (request, Call); of a caller that streams, an
    iterator of its messages instead of the request."""

    def __init__(
        self,
        interceptors: Sequence[Interceptor],
        telemetry: Telemetry,
        max_message_bytes: int,
        look_up: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`look_up` is given the key of a call before the interceptors, which cannot wait."""
        self._look_up = look_up
        self._interceptors = interceptors
        self._telemetry = telemetry
        self._limit = max_message_bytes

    def service(self, servicer: object, service: ServiceDescriptor) -> grpc.GenericRpcHandler:
        """Handlers of all methods of `service`; a missing one is an AttributeError now."""
        handlers = {
            method.name: self._handler(getattr(servicer, method.name), method)
            for method in service.methods
        }
        return grpc.method_handlers_generic_handler(service.full_name, handlers)

    def _handler(
        self, behaviour: Callable[[Any, Call], Any], method: MethodDescriptor
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        streamed = method.client_streaming
        limit = min(self._limit, STREAMED_MESSAGE_BYTES) if streamed else self._limit
        decode = decoder(GetMessageClass(method.input_type), limit)
        encode = GetMessageClass(method.output_type).SerializeToString
        named = Method(method.containing_service.full_name, method.name, type_of(method))
        if streamed:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(behaviour, named), decode, encode
            )
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(behaviour, named), decode, encode
            )
        return grpc.unary_unary_rpc_method_handler(self._unary(behaviour, named), decode, encode)

    def _unary(
        self, behaviour: Callable[[Any, Call], Awaitable[Message]], method: Method
    ) -> Callable[[Any, _Context], Awaitable[Message]]:
        async def handle(request: Any, context: _Context) -> Message:
            rpc = await self._prepared(_rpc(method, request, context))
            try:
                with self._around(rpc):
                    async with asyncio.timeout(rpc.deadline.remaining()):
                        return await behaviour(rpc.request, rpc.call(self._telemetry))
            except RagError as error:
                await _abort(rpc, error)
            raise AssertionError("abort raises")

        return handle

    def _stream(
        self, behaviour: Callable[[Any, Call], AsyncGenerator[Message, None]], method: Method
    ) -> Callable[[Any, _Context], AsyncIterator[Message]]:
        streamed = method.type == "bidi_stream"

        async def handle(request: Any, context: _Context) -> AsyncIterator[Message]:
            rpc = await self._prepared(_rpc(method, None if streamed else request, context))
            given = _readable(request) if streamed else request
            try:
                with self._around(rpc):
                    remaining = rpc.deadline.remaining()
                    async with asyncio.timeout(remaining if isfinite(remaining) else None):
                        # Closed at once when the caller goes, not when it is collected.
                        call = rpc.call(self._telemetry)
                        async with aclosing(behaviour(given, call)) as messages:
                            async for message in messages:
                                yield message
            except RagError as error:
                await _abort(rpc, error)

        return handle

    async def _prepared(self, rpc: Rpc) -> Rpc:
        key = rpc.metadata.get("x-api-key")
        if self._look_up is not None and isinstance(key, str) and key:
            await self._look_up(key)
        return rpc

    @contextmanager
    def _around(self, rpc: Rpc) -> Iterator[None]:
        """All interceptors around one call, entered in order and left in reverse."""
        with ExitStack() as stack:
            for interceptor in self._interceptors:
                stack.enter_context(interceptor(rpc))
            yield


def _rpc(method: Method, request: Any, context: _Context) -> Rpc:
    return Rpc(method, context, request, dict(context.invocation_metadata() or ()))


async def _readable(messages: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    """The messages of a caller; raises what the decoder made of one that is none."""
    async for message in messages:
        if isinstance(message, RagError):
            raise message
        yield message


async def _abort(rpc: Rpc, error: RagError) -> None:
    trailers = (*trailers_of(error), ("x-request-id", rpc.request_id))
    await rpc.context.abort(rpc.code, error.message[:MAX_MESSAGE], trailers)
