"""The gRPC server: port, options, credentials, health, reflection and drain."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection

from rag_server.core.telemetry import Telemetry
from rag_server.transport.contract import SERVICES
from rag_server.transport.handlers import HandlerFactory
from rag_server.transport.health import Health
from rag_server.transport.infrastructure import InfrastructureHandlers
from rag_server.transport.rpc import Interceptor

# The transport itself refuses without details what is over its limit, so it is given some
# room: our own, lower limit answers with the reason. What is far beyond is cut off early.
_TRANSPORT_HEADROOM = 1024 * 1024
# Of one connection. What it has under way costs memory before any of it is admitted.
_MAX_STREAMS = 1_000


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How the port behaves; times in seconds."""

    host: str
    port: int
    max_message_bytes: int
    keepalive_time: float
    keepalive_timeout: float
    keepalive_min_interval: float
    max_connection_age: float
    max_connection_age_grace: float
    drain_delay: float
    grace: float
    reflection: bool

    def channel_arguments(self) -> list[tuple[str, int]]:
        """The same as options of the gRPC core."""
        return [
            ("grpc.max_receive_message_length", self.max_message_bytes + _TRANSPORT_HEADROOM),
            ("grpc.max_send_message_length", -1),
            ("grpc.max_concurrent_streams", _MAX_STREAMS),
            ("grpc.keepalive_time_ms", _ms(self.keepalive_time)),
            ("grpc.keepalive_timeout_ms", _ms(self.keepalive_timeout)),
            ("grpc.keepalive_permit_without_calls", 1),
            (
                "grpc.http2.min_ping_interval_without_data_ms",
                _ms(self.keepalive_min_interval),
            ),
            ("grpc.max_connection_age_ms", _ms(self.max_connection_age)),
            ("grpc.max_connection_age_grace_ms", _ms(self.max_connection_age_grace)),
            # Two servers on one port would share its calls at random.
            ("grpc.so_reuseport", 0),
        ]


class RpcServer:
    """Serves the contract's services, health and reflection on one port."""

    def __init__(
        self,
        options: ServerOptions,
        servicers: Mapping[str, object],
        interceptors: Sequence[Interceptor],
        telemetry: Telemetry,
        credentials: grpc.ServerCredentials | None = None,
        tracing: "grpc.aio.ServerInterceptor | None" = None,
        end_streams: Callable[[], None] = lambda: None,
        look_up: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`servicers` by full service name, one for each service of the contract;
        `end_streams` asks calls that would go on for ever to end themselves; `look_up` as in
        HandlerFactory."""
        self._options = options
        self._server = grpc.aio.server(
            options=options.channel_arguments(), interceptors=[tracing] if tracing else []
        )
        factory = HandlerFactory(interceptors, telemetry, options.max_message_bytes, look_up)
        for name, descriptor in SERVICES.items():
            self._server.add_generic_rpc_handlers((factory.service(servicers[name], descriptor),))
        self._health = Health()
        self._end_streams = end_streams
        self._draining = False
        self._add_infrastructure(list(SERVICES))
        self._port = self._bind(credentials)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    async def start(self) -> None:
        """Begin to answer; health says NOT_SERVING until `set_serving`."""
        self._say(False)
        await self._server.start()

    async def set_serving(self, serving: bool) -> None:
        """What health says, for the server as a whole and each of its services."""
        if not self._draining:
            self._say(serving)

    async def drain(self) -> None:
        """Say NOT_SERVING for good, give balancers time to notice, end what would go on for
        ever, refuse new calls, let running ones finish within the grace, then cut them off."""
        self._draining = True
        self._say(False)
        await asyncio.sleep(self._options.drain_delay)
        self._health.end_watches()
        self._end_streams()
        await self._server.stop(self._options.grace)

    def _say(self, serving: bool) -> None:
        for name in ("", *SERVICES):
            self._health.set(name, serving)

    def _add_infrastructure(self, names: Sequence[str]) -> None:
        guarded = InfrastructureHandlers(self._server, self._options.max_message_bytes)
        guarded.add_health(self._health)
        if self._options.reflection:
            guarded.add_reflection(
                (
                    *names,
                    health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
                    reflection.SERVICE_NAME,
                )
            )

    def _bind(self, credentials: grpc.ServerCredentials | None) -> int:
        host = self._options.host
        address = (
            f"[{host}]:{self._options.port}" if ":" in host else f"{host}:{self._options.port}"
        )
        try:
            if credentials is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            # gRPC's own text spans lines and names its source files.
            raise OSError(f"cannot listen on {address}: is the port taken?") from error


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
