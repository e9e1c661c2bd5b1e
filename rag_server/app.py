"""The composition root: everything is built here, in order, and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rag_server.composition.documents import preparations
from rag_server.composition.engines import open_engines
from rag_server.composition.generators import open_generators
from rag_server.composition.health import Signal, follow_health, probes, start_sidecar
from rag_server.composition.jobs import job_runner, start_jobs
from rag_server.composition.parts import Parts
from rag_server.composition.pipelines import named_pipelines
from rag_server.composition.plugins import installed_plugins
from rag_server.composition.pools import open_pools
from rag_server.composition.rerankers import load_cross_encoder
from rag_server.composition.rpc import rpc_server
from rag_server.core.collection_schemas import CollectionSchemas
from rag_server.core.health import Watch
from rag_server.core.job_desk import JobDesk
from rag_server.core.protocols import Embedder
from rag_server.core.telemetry import Telemetry
from rag_server.embedders import EMBEDDERS, IMAGE_EMBEDDERS
from rag_server.observability.logging import configure_logging
from rag_server.observability.metrics import Metrics
from rag_server.observability.telemetry import Observer
from rag_server.observability.tracing import Tracing
from rag_server.settings import Settings, SettingsError

_HEALTH_INTERVAL = 1.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the server listens; `sidecar` 0: nowhere."""

    grpc: int
    sidecar: int


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    observe: Callable[[Telemetry], Telemetry] = lambda telemetry: telemetry,
    embedder: Embedder | None = None,
    other_embedders: Sequence[Embedder] = (),
) -> AsyncIterator[Ports]:
    """A server that answers, until the context is left; then it drains.

    `observe` may wrap the telemetry (fault injection), `embedder` replace the one of the
    settings, `other_embedders` be those that collections may be reindexed with, too.
    Raises RagError or SettingsError when a part cannot be started.
    """
    _check_names(settings)
    pipelines = named_pipelines(settings)
    plugins = installed_plugins()
    for pipeline in pipelines.values():
        plugins.check(pipeline)
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        tracing = _tracing(settings, stack)
        trace_id = tracing.trace_id if tracing else None
        configure_logging(settings.logging.level, settings.logging.format, trace_id)
        telemetry = observe(Observer(metrics, tracing))
        engines = await open_engines(settings, telemetry, embedder, other_embedders, stack)
        pools = open_pools(settings, metrics, stack)
        generators = open_generators(settings, pools, stack)
        preparation = preparations(settings, engines, pools)
        pairs = await asyncio.to_thread(load_cross_encoder, settings)
        parts = Parts(
            settings,
            telemetry,
            engines,
            pools,
            pipelines,
            generators,
            pairs,
            preparation,
            plugins,
            CollectionSchemas(engines.catalog, engines.resident),
        )

        changed = Signal(asyncio.get_running_loop())
        watch = Watch(probes(engines), _HEALTH_INTERVAL, changed.set)
        runner = job_runner(parts)
        desk = JobDesk(engines.catalog.jobs, pools.reads, pools.commits, runner.wake)
        server = rpc_server(parts, metrics, tracing, watch, desk)
        sidecar_port = await start_sidecar(settings, metrics, watch, stack)

        await asyncio.to_thread(watch.start)
        stack.callback(watch.stop)
        await server.start()
        stack.push_async_callback(server.drain)
        # Before the drain, so that another server may go on with the jobs meanwhile.
        start_jobs(parts, runner, stack)
        following = asyncio.create_task(follow_health(server, watch, changed.event))
        stack.callback(following.cancel)
        stack.callback(watch.drain)
        yield Ports(server.port, sidecar_port)


def _tracing(settings: Settings, stack: AsyncExitStack) -> Tracing | None:
    asked = settings.tracing
    if asked.otlp_endpoint is None:
        return None
    tracing = Tracing(asked.otlp_endpoint, asked.sample_ratio, asked.service_name)
    stack.push_async_callback(asyncio.to_thread, tracing.close)
    return tracing


def _check_names(settings: Settings) -> None:
    """What a setting names must stand in the table of its kind."""
    for setting, name, table in (
        ("embedder.name", settings.embedder.name, EMBEDDERS),
        ("images.embedder", settings.images.embedder, IMAGE_EMBEDDERS),
    ):
        if name not in table:
            known = ", ".join(sorted(table))
            raise SettingsError(f"setting {setting} names {name!r}, which is not one of: {known}")
