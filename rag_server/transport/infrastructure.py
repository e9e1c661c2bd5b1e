"""Health and reflection, made safe against bytes that are no message.

They stay outside of the interceptors: they need no key, and a prober's calls would only
drown those of users in the metrics.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import grpc
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from grpc_reflection.v1alpha.reflection import aio as grpc_reflection

from rag_server.core.errors import RagError
from rag_server.transport.errors import code_of, trailers_of
from rag_server.transport.health import Health
from rag_server.transport.rpc import decoder

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class InfrastructureHandlers:
    """Registers the well-known services on a server."""

    def __init__(self, server: grpc.aio.Server, max_message_bytes: int) -> None:
        self._server = server
        self._limit = max_message_bytes

    def add_health(self, health: Health) -> None:
        """grpc.health.v1.Health"""
        service = health_pb2.DESCRIPTOR.services_by_name["Health"]
        request, response = health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
        decode, encode = decoder(request, self._limit), response.SerializeToString
        handlers = {
            "Check": grpc.unary_unary_rpc_method_handler(_guarded(health.check), decode, encode),
            "Watch": grpc.unary_stream_rpc_method_handler(_guarded(health.watch), decode, encode),
        }
        self._add(service.full_name, handlers)

    def add_reflection(self, names: tuple[str, ...]) -> None:
        """grpc.reflection.v1alpha.ServerReflection over the given full service names."""
        service = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]
        method = service.methods[0]
        handler = grpc.stream_stream_rpc_method_handler(
            _guarded_stream(grpc_reflection.ReflectionServicer(names).ServerReflectionInfo),
            decoder(GetMessageClass(method.input_type), self._limit),
            GetMessageClass(method.output_type).SerializeToString,
        )
        self._add(reflection.SERVICE_NAME, {method.name: handler})

    def _add(self, service: str, handlers: dict[str, Any]) -> None:
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, handlers),)
        )


def _guarded(behaviour: Callable[[Any, _Context], Any]) -> Callable[[Any, _Context], Any]:
    async def handle(request: Any, context: _Context) -> Any:
        if isinstance(request, RagError):
            await _refuse(request, context)
        return await behaviour(request, context)

    return handle


def _guarded_stream(
    behaviour: Callable[[AsyncIterator[Any], _Context], AsyncIterator[Any]],
) -> Callable[[AsyncIterator[Any], _Context], AsyncIterator[Any]]:
    async def checked(requests: AsyncIterator[Any], context: _Context) -> AsyncIterator[Any]:
        async for request in requests:
            if isinstance(request, RagError):
                await _refuse(request, context)
            yield request

    async def handle(requests: AsyncIterator[Any], context: _Context) -> AsyncIterator[Any]:
        async for response in behaviour(checked(requests, context), context):
            yield response

    return handle


async def _refuse(error: RagError, context: _Context) -> None:
    await context.abort(code_of(error), error.message, tuple(trailers_of(error)))
