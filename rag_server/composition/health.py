"""Health: who is asked, and where the answers are shown."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from rag_server.composition.engines import Engines
from rag_server.core.health import Component, Probe, Watch
from rag_server.observability.exposition import Exposition
from rag_server.observability.metrics import Metrics
from rag_server.observability.sidecar import Readiness, Sidecar
from rag_server.settings import Settings
from rag_server.transport.server import RpcServer


class Signal:
    """An event of the loop that other threads can set."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.event = asyncio.Event()

    def set(self) -> None:
        """Wake whoever waits for the event."""
        self._loop.call_soon_threadsafe(self.event.set)


def probes(engines: Engines) -> Mapping[str, Probe]:
    """How each part that serving depends on is asked."""
    return {
        "catalog": Probe(engines.catalog.ping),
        # What others may stop must not stop us: small collections go on without.
        "vector_index": Probe(
            engines.index.ping, not engines.index.shared, lambda: engines.index.breaker
        ),
        "follower": Probe(engines.followers.ping),
    }


async def start_sidecar(
    settings: Settings, metrics: Metrics, watch: Watch, stack: AsyncExitStack
) -> int:
    """Metrics and health over HTTP until `stack` ends it; the port, 0 where it is not wanted."""
    asked = settings.sidecar
    if not asked.enabled:
        return 0
    sidecar = Sidecar(
        asked.host,
        asked.port,
        Exposition(metrics.registry).render,
        lambda: _readiness(watch.components()),
    )
    stack.push_async_callback(sidecar.stop)
    return await sidecar.start()


async def follow_health(server: RpcServer, watch: Watch, changed: asyncio.Event) -> None:
    """Say what the parts say, now and whenever it changes."""
    while True:
        changed.clear()
        await server.set_serving(watch.ready())
        await changed.wait()


def _readiness(components: Mapping[str, Component]) -> Mapping[str, Readiness]:
    return {
        name: Readiness(each.ready or not each.required, each.detail)
        for name, each in components.items()
    }
