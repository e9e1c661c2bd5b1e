"""From a servicer object to gRPC handlers, each surrounded by the interceptors once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from rag_server.core.call import Call
from rag_server.core.errors import RagError
from rag_server.core.telemetry import Telemetry
from rag_server.transport.errors import MAX_MESSAGE, trailers_of
from rag_server.transport.rpc import Interceptor, Method, Rpc, decoder

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class HandlerFactory:
    """Makes the handlers of a service: the servicer has one coroutine method (unary) or
    async generator (server stream) per RPC, taking (request, Call)."""

    def __init__(
        self, interceptors: Sequence[Interceptor], telemetry: Telemetry, max_message_bytes: int
    ) -> None:
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
        decode = decoder(GetMessageClass(method.input_type), self._limit)
        encode = GetMessageClass(method.output_type).SerializeToString
        name = method.containing_service.full_name
        if method.server_streaming:
            streaming = self._stream(behaviour, Method(name, method.name, "server_stream"))
            return grpc.unary_stream_rpc_method_handler(streaming, decode, encode)
        unary = self._unary(behaviour, Method(name, method.name, "unary"))
        return grpc.unary_unary_rpc_method_handler(unary, decode, encode)

    def _unary(
        self, behaviour: Callable[[Any, Call], Awaitable[Message]], method: Method
    ) -> Callable[[Any, _Context], Awaitable[Message]]:
        async def handle(request: Any, context: _Context) -> Message:
            rpc = _rpc(method, request, context)
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
        async def handle(request: Any, context: _Context) -> AsyncIterator[Message]:
            rpc = _rpc(method, request, context)
            try:
                with self._around(rpc):
                    async with asyncio.timeout(rpc.deadline.remaining()):
                        # Closed at once when the caller goes, not when it is collected.
                        call = rpc.call(self._telemetry)
                        async with aclosing(behaviour(rpc.request, call)) as messages:
                            async for message in messages:
                                yield message
            except RagError as error:
                await _abort(rpc, error)

        return handle

    @contextmanager
    def _around(self, rpc: Rpc) -> Iterator[None]:
        """All interceptors around one call, entered in order and left in reverse."""
        with ExitStack() as stack:
            for interceptor in self._interceptors:
                stack.enter_context(interceptor(rpc))
            yield


def _rpc(method: Method, request: Any, context: _Context) -> Rpc:
    return Rpc(method, context, request, dict(context.invocation_metadata() or ()))


async def _abort(rpc: Rpc, error: RagError) -> None:
    trailers = (*trailers_of(error), ("x-request-id", rpc.request_id))
    await rpc.context.abort(rpc.code, error.message[:MAX_MESSAGE], trailers)
