"""grpc.health.v1.Health for a server that drains."""

import asyncio
from typing import Any, TypeAlias

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Health:
    """What Check and Watch answer, by full service name; "" is the server as a whole.

    In place of the library's servicer, whose Watch streams go on until they are cut off:
    an open one would hold up each stop for the whole grace.
    """

    def __init__(self) -> None:
        self._statuses: dict[str, HealthCheckResponse.ServingStatus] = {}
        self._changed = asyncio.Event()
        self._ended = False

    def set(self, service: str, serving: bool) -> None:
        """What is said of one service from now on."""
        kind = HealthCheckResponse
        self._statuses[service] = kind.SERVING if serving else kind.NOT_SERVING
        self._wake()

    def end_watches(self) -> None:
        """Let each Watch send the last status and end."""
        self._ended = True
        self._wake()

    async def check(self, request: HealthCheckRequest, context: _Context) -> HealthCheckResponse:
        """The status now; NOT_FOUND for an unknown service."""
        status = self._statuses.get(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "the service is unknown")
        return HealthCheckResponse(status=status)

    async def watch(self, request: HealthCheckRequest, context: _Context) -> None:
        """The status now and after each change; SERVICE_UNKNOWN for an unknown service."""
        sent = None
        while True:
            changed, ended = self._changed, self._ended
            status = self._statuses.get(request.service, HealthCheckResponse.SERVICE_UNKNOWN)
            if status != sent:
                await context.write(HealthCheckResponse(status=status))
                sent = status
            if ended:
                return
            await changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
