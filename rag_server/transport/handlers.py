"""From a servicer object to gRPC handlers, each surrounded by the interceptors once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from rag_server.core.call import Call
from rag_server.core.telemetry import Telemetry
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
            async with self._around(rpc):
                return await behaviour(rpc.request, rpc.call(self._telemetry))
            raise AssertionError("interceptors do not swallow errors")

        return handle

    def _stream(
        self, behaviour: Callable[[Any, Call], AsyncIterator[Message]], method: Method
    ) -> Callable[[Any, _Context], AsyncIterator[Message]]:
        async def handle(request: Any, context: _Context) -> AsyncIterator[Message]:
            rpc = _rpc(method, request, context)
            async with self._around(rpc):
                async for message in behaviour(rpc.request, rpc.call(self._telemetry)):
                    yield message

        return handle

    def _around(self, rpc: Rpc) -> "_Around":
        return _Around(self._interceptors, rpc)


class _Around:
    """All interceptors around one call, entered in order and left in reverse."""

    __slots__ = ("_interceptors", "_rpc", "_stack")

    def __init__(self, interceptors: Sequence[Interceptor], rpc: Rpc) -> None:
        self._interceptors = interceptors
        self._rpc = rpc
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> None:
        await self._stack.__aenter__()
        try:
            for interceptor in self._interceptors:
                await self._stack.enter_async_context(interceptor(self._rpc))
        except BaseException as error:
            # Those entered so far see the error of the one that refused the call.
            if not await self._stack.__aexit__(type(error), error, error.__traceback__):
                raise

    async def __aexit__(self, *details: Any) -> bool | None:
        return await self._stack.__aexit__(*details)


def _rpc(method: Method, request: Any, context: _Context) -> Rpc:
    metadata = dict(context.invocation_metadata() or ())
    return Rpc(method, context, request, metadata)
