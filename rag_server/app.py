"""The composition root: everything is built here, in order, and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib.metadata import version
from socket import gethostname
from uuid import uuid4

import grpc

from rag_server.backup_parts import backup_handlers, backup_schedules, open_backups
from rag_server.cache.principals import Principals
from rag_server.cache.query_embeddings import QueryEmbeddings
from rag_server.catalog_location import catalog_location
from rag_server.core import collector
from rag_server.core.backup_desk import BackupDesk
from rag_server.core.chunking import STRATEGIES, ChunkingSpec
from rag_server.core.collector import GarbageCollector
from rag_server.core.documents import GenerationSettings
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.follower import Follower
from rag_server.core.frames import Credits
from rag_server.core.health import Component, Probe, Watch
from rag_server.core.ingest import IngestPath
from rag_server.core.ingest_session import StreamLimits
from rag_server.core.job_desk import JobDesk
from rag_server.core.job_runner import JobRunner, RunnerOptions
from rag_server.core.job_schedule import JobSchedule
from rag_server.core.jobs import JobHandler, JobRequest
from rag_server.core.leadership import Leadership
from rag_server.core.library import Library
from rag_server.core.pipeline import QueryPath, known_embedder
from rag_server.core.pipelines import SHIPPED
from rag_server.core.preparation import Preparation
from rag_server.core.protocols import Embedder, Generator
from rag_server.core.reindex import Reindexer
from rag_server.core.reindex_desk import ReindexDesk
from rag_server.core.retrieval import ExtractiveSpec, GeneratorSpec, OpenAiSpec
from rag_server.core.stream_ingest import StreamIngest
from rag_server.core.telemetry import Telemetry
from rag_server.embedders import EMBEDDERS
from rag_server.generators.extractive import ExtractiveGenerator
from rag_server.ingestion.chunkers import CHUNKERS
from rag_server.ingestion.parsing import SafeParsing
from rag_server.ingestion.sandbox.limits import Limits
from rag_server.ingestion.sandbox.pool import ParsingPool
from rag_server.observability.exposition import Exposition
from rag_server.observability.logging import configure_logging
from rag_server.observability.metrics import Metrics
from rag_server.observability.rpc import RpcMetrics
from rag_server.observability.sidecar import Readiness, Sidecar
from rag_server.observability.telemetry import Observer
from rag_server.observability.tracing import Tracing
from rag_server.resilience.pool import BoundedPool
from rag_server.resilience.priority import give_way
from rag_server.retrievers import RETRIEVERS, Sources
from rag_server.settings import Settings, SettingsError, read_tls
from rag_server.stores.backup.backups import Backups
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from rag_server.stores.chroma import ChromaIndex
from rag_server.stores.lock import DirectoryLock
from rag_server.text.citer import LexicalCiter
from rag_server.transport.contract import methods
from rag_server.transport.interceptors import interceptors
from rag_server.transport.server import RpcServer, ServerOptions
from rag_server.transport.servicers.admin import AdminServicer, ServerFacts
from rag_server.transport.servicers.collections import CollectionServicer
from rag_server.transport.servicers.documents import DocumentServicer
from rag_server.transport.servicers.jobs import JobServicer
from rag_server.transport.servicers.rag import RagServicer
from rag_server.vector_index import open_index

_HEALTH_INTERVAL = 1.0
# Name of the lease.
_FOLLOWER = "follower"
# Commits mostly wait for the disk together: threads are cheap here and make groups larger.
_COMMIT_THREADS = 8
# Calls that wait for the target of backups, which may be slow.
_BACKUP_THREADS = 2
_BACKUP_QUEUE = 16
# Garbage collections that can still be looked up.
_SHOWN_COLLECTIONS = 20

# Each key is looked up once a second at most, where the catalog is not in this process.
_KEY_THREADS, _KEY_QUEUE = 2, 1_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the server listens; `sidecar` 0: nowhere."""

    grpc: int
    sidecar: int


@dataclass(frozen=True, slots=True)
class _Engines:
    """What everything else stands on."""

    catalog: SqlCatalog
    index: ChromaIndex
    embedder: Embedder
    embedders: Mapping[str, Embedder]
    follower: Follower
    backups: Backups | None


# Prepares documents for the generations with certain settings.
_Preparations = Callable[[GenerationSettings], Preparation]


@dataclass(frozen=True, slots=True)
class _Pools:
    """Threads by class of work, so that none starves another, and what `parses` waits for."""

    reads: BoundedPool
    writes: BoundedPool
    parses: BoundedPool
    commits: BoundedPool
    generation: BoundedPool
    keys: BoundedPool
    parsers: ParsingPool
    backups: BoundedPool


class _Signal:
    """An event of the loop that other threads can set."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.event = asyncio.Event()

    def set(self) -> None:
        self._loop.call_soon_threadsafe(self.event.set)


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
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        tracing = _tracing(settings, stack)
        trace_id = tracing.trace_id if tracing else None
        configure_logging(settings.logging.level, settings.logging.format, trace_id)
        telemetry = observe(Observer(metrics, tracing))
        engines = await _engines(settings, telemetry, embedder, other_embedders, stack)
        pools = _pools(settings, metrics, stack)
        generators = _generators(settings, pools, stack)

        changed = _Signal(asyncio.get_running_loop())
        watch = Watch(_probes(engines), _HEALTH_INTERVAL, changed.set)
        preparation = _preparations(settings, engines, pools)
        runner = _runner(settings, engines, preparation, telemetry)
        desk = JobDesk(engines.catalog.jobs, pools.reads, pools.commits, runner.wake)
        server = _server(
            settings,
            engines,
            pools,
            generators,
            metrics,
            tracing,
            telemetry,
            watch,
            desk,
            preparation,
        )
        sidecar_port = await _sidecar(settings, metrics, watch, stack)

        await asyncio.to_thread(watch.start)
        stack.callback(watch.stop)
        await server.start()
        stack.push_async_callback(server.drain)
        # Before the drain, so that another server may go on with the jobs meanwhile.
        _start_jobs(settings, engines, runner, telemetry, stack)
        following = asyncio.create_task(_follow_health(server, watch, changed.event))
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


async def _engines(
    settings: Settings,
    telemetry: Telemetry,
    embedder: Embedder | None,
    others: Sequence[Embedder],
    stack: AsyncExitStack,
) -> _Engines:
    directory = settings.data.directory
    stack.enter_context(DirectoryLock(directory))
    catalog = await asyncio.to_thread(open_catalog, catalog_location(settings), telemetry)
    stack.callback(catalog.close)
    # Both take about a second, most of it outside of the interpreter.
    index, model = await asyncio.gather(
        asyncio.to_thread(open_index, settings, telemetry),
        asyncio.to_thread(_load_embedder, settings, embedder),
    )
    stack.callback(index.close)
    follower = Follower(
        catalog,
        index,
        telemetry,
        prepare_thread=give_way,
        leadership=_leadership(settings, catalog),
    )
    await asyncio.to_thread(follower.start)
    stack.callback(follower.stop)
    embedders = {each.name: each for each in (*others, model)}
    backups = open_backups(settings, catalog, telemetry)
    return _Engines(catalog, index, model, embedders, follower, backups)


def _leadership(settings: Settings, catalog: SqlCatalog) -> Leadership | None:
    """None where nobody else can have the catalog. Raises PreconditionFailed when an index of
    our own would not hear of what another server removes."""
    if settings.catalog.url is None:
        return None
    if settings.chroma.mode != "embedded":
        return Leadership(catalog.leases, _FOLLOWER, f"{gethostname()}:{uuid4()}")
    # The same after a restart, which need not wait for its own lease to run out.
    owner = f"{gethostname()}:{settings.data.directory.resolve()}"
    alone = Leadership(catalog.leases, _FOLLOWER, owner)
    if not alone.held():
        raise PreconditionFailed(
            "another server uses this catalog: servers that share one also share a Chroma "
            "server, see the setting chroma.mode",
            Reason.NOT_READY,
        )
    return alone


def _load_embedder(settings: Settings, given: Embedder | None) -> Embedder:
    return given or EMBEDDERS[settings.embedder.name](settings.data.cache_directory)


def _check_names(settings: Settings) -> None:
    """What a setting names must stand in the table of its kind."""
    tables: Mapping[str, tuple[str, Mapping[str, object]]] = {
        "embedder.name": (settings.embedder.name, EMBEDDERS),
        "retrieval.default_pipeline": (settings.retrieval.default_pipeline, SHIPPED),
    }
    for path, (name, table) in tables.items():
        if name not in table:
            known = ", ".join(sorted(table))
            raise SettingsError(f"setting {path} names {name!r}, which is not one of: {known}")


def _pools(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> _Pools:
    asked = settings.pools
    pools = _Pools(
        BoundedPool("read", asked.read_threads, asked.read_queue),
        BoundedPool("write", asked.write_threads, asked.write_queue, give_way),
        BoundedPool("parse", settings.parsing.processes, asked.write_queue, give_way),
        BoundedPool("commit", _COMMIT_THREADS, asked.write_queue),
        BoundedPool("generation", asked.generation_threads, asked.generation_queue),
        BoundedPool("keys", _KEY_THREADS, _KEY_QUEUE),
        ParsingPool(_parsing_limits(settings)),
        BoundedPool("backup", _BACKUP_THREADS, _BACKUP_QUEUE),
    )
    stack.callback(pools.parsers.close)
    threads = (
        pools.reads,
        pools.writes,
        pools.parses,
        pools.commits,
        pools.generation,
        pools.keys,
        pools.backups,
    )
    for pool in threads:
        metrics.watch(pool)
        stack.push_async_callback(asyncio.to_thread, pool.close, wait=True)
    return pools


def _generators(
    settings: Settings, pools: _Pools, stack: AsyncExitStack
) -> Mapping[type, Generator]:
    generators: dict[type, Generator] = {ExtractiveSpec: ExtractiveGenerator(pools.generation)}
    asked = settings.openai
    if asked.model is not None:
        # Imported here: the SDK is an extra and costs a second.
        from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions
        from rag_server.prompts.rendering import Templates

        openai = OpenAiGenerator(
            OpenAiOptions(
                base_url=asked.base_url,
                api_key=asked.api_key.get_secret_value() if asked.api_key else "",
                model=asked.model,
                temperature=asked.temperature,
                max_output_tokens=asked.max_output_tokens,
                context_tokens=asked.context_tokens,
                timeout=asked.timeout_seconds,
            ),
            Templates().render,
        )
        stack.push_async_callback(openai.close)
        generators[OpenAiSpec] = openai
    return generators


def _server(
    settings: Settings,
    engines: _Engines,
    pools: _Pools,
    generators: Mapping[type, Generator],
    metrics: Metrics,
    tracing: Tracing | None,
    telemetry: Telemetry,
    watch: Watch,
    desk: JobDesk,
    preparation: _Preparations,
) -> RpcServer:
    require = _chunking_check(engines)
    library = _library(settings, engines, pools, require)
    reindexing = ReindexDesk(engines.catalog, pools.reads, desk, engines.embedders, require)
    ingest = _ingest_path(engines, pools, preparation)
    streams = StreamIngest(ingest, _stream_limits(settings))
    servicers = {
        "ragrpc.v1.RagService": RagServicer(_query_path(settings, engines, pools, generators)),
        "ragrpc.v1.DocumentService": DocumentServicer(ingest, streams, library),
        "ragrpc.v1.CollectionService": CollectionServicer(library, reindexing),
        "ragrpc.v1.JobService": JobServicer(desk),
        "ragrpc.v1.AdminService": AdminServicer(
            _facts(settings, engines, generators),
            watch.components,
            _backup_desk(engines, pools, desk),
        ),
    }
    keys = engines.catalog.keys
    # A key in the file beside us is found faster than a thread begins.
    remote = None if settings.catalog.url is None else Principals(keys, pools.keys)
    surrounding = interceptors(
        RpcMetrics(metrics.registry, methods()),
        metrics.rejected,
        remote.authenticate if remote else keys.authenticate,
        settings.authenticated,
        settings.server.default_deadline_seconds,
        settings.server.max_deadline_seconds,
    )
    return RpcServer(
        _options(settings),
        servicers,
        surrounding,
        telemetry,
        _credentials(settings),
        tracing.server_interceptor() if tracing else None,
        lambda: _drain(streams, desk),
        remote.look_up if remote else None,
    )


def _chunking_check(engines: _Engines) -> Callable[[ChunkingSpec], object]:
    return lambda spec: CHUNKERS[type(spec)](spec, engines.embedder.token_offsets)


def _library(
    settings: Settings,
    engines: _Engines,
    pools: _Pools,
    require: Callable[[ChunkingSpec], object],
) -> Library:
    chunking = STRATEGIES[settings.chunking.strategy](max_tokens=settings.chunking.max_tokens)
    require(chunking)
    defaults = GenerationSettings(engines.embedder.name, chunking)
    return Library(engines.catalog, pools.reads, pools.commits, defaults, require)


def _drain(streams: StreamIngest, desk: JobDesk) -> None:
    streams.drain()
    desk.drain()


def _runner(
    settings: Settings, engines: _Engines, preparation: _Preparations, telemetry: Telemetry
) -> JobRunner:
    asked = settings.jobs
    options = RunnerOptions(
        asked.threads,
        timedelta(seconds=asked.lease_seconds),
        beat=timedelta(seconds=min(1.0, asked.lease_seconds / 3)),
        max_attempts=asked.max_attempts,
    )
    reindexer = Reindexer(
        engines.catalog,
        engines.index,
        engines.follower,
        preparation,
        telemetry,
        settings.retrieval.tail_limit,
    )
    handlers: list[JobHandler] = [
        _collector(settings, engines, telemetry),
        reindexer,
        *backup_handlers(settings, engines.backups, engines.follower.notify),
    ]

    def may_begin(kind: str) -> bool:
        # What takes from the index and what adds to it must be one server.
        return kind != collector.KIND or engines.follower.leads

    return JobRunner(engines.catalog.jobs, handlers, options, telemetry, give_way, may_begin)


def _backup_desk(engines: _Engines, pools: _Pools, desk: JobDesk) -> BackupDesk:
    vault = engines.backups.vault if engines.backups is not None else None
    return BackupDesk(vault, engines.catalog.collections, desk, pools.backups)


def _collector(settings: Settings, engines: _Engines, telemetry: Telemetry) -> GarbageCollector:
    interval = timedelta(seconds=settings.maintenance.janitor_interval_seconds)
    return GarbageCollector(
        engines.catalog,
        engines.index,
        engines.follower,
        telemetry,
        retention=timedelta(seconds=settings.maintenance.tombstone_retention_seconds),
        job_retention=timedelta(seconds=settings.jobs.retention_seconds),
        own_retention=_SHOWN_COLLECTIONS * interval,
    )


def _start_jobs(
    settings: Settings,
    engines: _Engines,
    runner: JobRunner,
    telemetry: Telemetry,
    stack: AsyncExitStack,
) -> None:
    runner.start()
    stack.push_async_callback(asyncio.to_thread, runner.stop)
    garbage = JobSchedule(
        engines.catalog.jobs,
        JobRequest(None, collector.KIND),
        timedelta(seconds=settings.maintenance.janitor_interval_seconds),
        telemetry,
        runner.wake,
    )
    backups = backup_schedules(settings, engines.catalog, telemetry, runner.wake)
    for schedule in (garbage, *backups):
        schedule.start()
        stack.push_async_callback(asyncio.to_thread, schedule.stop)


def _query_path(
    settings: Settings, engines: _Engines, pools: _Pools, generators: Mapping[type, Generator]
) -> QueryPath:
    sources = Sources(
        engines.catalog.chunks,
        engines.index,
        engines.follower,
        exact_limit=settings.retrieval.exact_scan_limit,
        tail_limit=settings.retrieval.tail_limit,
    )
    return QueryPath(
        catalog=engines.catalog,
        encoders={
            name: QueryEmbeddings(embedder, settings.embedder.query_cache_size)
            for name, embedder in engines.embedders.items()
        },
        retrievers={spec: make(sources) for spec, make in RETRIEVERS.items()},
        pipelines=SHIPPED,
        default_pipeline=settings.retrieval.default_pipeline,
        generators=generators,
        default_generator=_default_generator(settings),
        citer=LexicalCiter(),
        reads=pools.reads,
    )


def _preparations(settings: Settings, engines: _Engines, pools: _Pools) -> _Preparations:
    parsing = SafeParsing(
        _parsing_limits(settings), pools.parsers, parses=pools.parses, writes=pools.writes
    )

    @lru_cache
    def preparation(settings: GenerationSettings) -> Preparation:
        make_chunker = CHUNKERS[type(settings.chunking)]
        embedder = known_embedder(settings.embedder, engines.embedders)
        return Preparation(
            parsing=parsing,
            chunker=make_chunker(settings.chunking, embedder.token_offsets),
            embedder=embedder,
            embeddings=engines.catalog.embeddings,
            writes=pools.writes,
        )

    return preparation


def _ingest_path(engines: _Engines, pools: _Pools, preparation: _Preparations) -> IngestPath:
    return IngestPath(
        catalog=engines.catalog,
        preparation=preparation,
        commits=pools.commits,
        notify=engines.follower.notify,
    )


def _parsing_limits(settings: Settings) -> Limits:
    asked = settings.parsing
    return Limits(
        asked.max_input_bytes, asked.max_text_bytes, asked.timeout_seconds, asked.max_memory_bytes
    )


def _stream_limits(settings: Settings) -> StreamLimits:
    asked = settings.streaming
    return StreamLimits(
        streams=asked.max_streams,
        credits=Credits(asked.window_bytes, asked.window_items),
        max_item_bytes=settings.parsing.max_input_bytes,
        item_seconds=settings.server.max_deadline_seconds,
        idle_seconds=asked.idle_seconds,
    )


def _default_generator(settings: Settings) -> GeneratorSpec:
    return OpenAiSpec() if settings.generation.default == "openai" else ExtractiveSpec()


def _facts(
    settings: Settings, engines: _Engines, generators: Mapping[type, Generator]
) -> ServerFacts:
    default = generators[type(_default_generator(settings))].name
    others = sorted(each.name for each in generators.values() if each.name != default)
    return ServerFacts(
        version=version("ragrpc"),
        embedder=engines.embedder,
        pipelines=SHIPPED,
        generators=(default, *others),
        max_message_bytes=settings.server.max_message_bytes,
        max_data_bytes=settings.parsing.max_input_bytes,
        default_deadline=settings.server.default_deadline_seconds,
        max_deadline=settings.server.max_deadline_seconds,
    )


def _options(settings: Settings) -> ServerOptions:
    asked = settings.server
    return ServerOptions(
        host=asked.host,
        port=asked.port,
        max_message_bytes=asked.max_message_bytes,
        keepalive_time=asked.keepalive_time_seconds,
        keepalive_timeout=asked.keepalive_timeout_seconds,
        keepalive_min_interval=asked.keepalive_min_interval_seconds,
        max_connection_age=asked.max_connection_age_seconds,
        max_connection_age_grace=asked.max_connection_age_grace_seconds,
        drain_delay=asked.drain_delay_seconds,
        grace=asked.grace_seconds,
        reflection=asked.reflection,
    )


def _credentials(settings: Settings) -> grpc.ServerCredentials | None:
    material = read_tls(settings.tls)
    if material is None:
        return None
    return grpc.ssl_server_credentials(
        [(material.private_key, material.certificate)],
        root_certificates=material.client_ca,
        require_client_auth=material.client_ca is not None,
    )


def _probes(engines: _Engines) -> Mapping[str, Probe]:
    return {
        "catalog": Probe(engines.catalog.ping),
        # What others may stop must not stop us: small collections go on without.
        "vector_index": Probe(
            engines.index.ping, not engines.index.shared, lambda: engines.index.breaker
        ),
        "follower": Probe(engines.follower.ping),
    }


async def _sidecar(
    settings: Settings, metrics: Metrics, watch: Watch, stack: AsyncExitStack
) -> int:
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


def _readiness(components: Mapping[str, Component]) -> Mapping[str, Readiness]:
    return {
        name: Readiness(each.ready or not each.required, each.detail)
        for name, each in components.items()
    }


async def _follow_health(server: RpcServer, watch: Watch, changed: asyncio.Event) -> None:
    """Say what the parts say, now and whenever it changes."""
    while True:
        changed.clear()
        await server.set_serving(watch.ready())
        await changed.wait()
