"""The gRPC server with its services."""

from importlib.metadata import version

import grpc

from rag_server.cache.principals import Principals
from rag_server.composition.documents import chunking_check, ingest_path, library, stream_limits
from rag_server.composition.generators import default_generator
from rag_server.composition.parts import Parts
from rag_server.composition.questions import question_paths
from rag_server.core.backup_desk import BackupDesk
from rag_server.core.health import Watch
from rag_server.core.job_desk import JobDesk
from rag_server.core.reindex_desk import ReindexDesk
from rag_server.core.schema_desk import SchemaDesk
from rag_server.core.stream_ingest import StreamIngest
from rag_server.observability.metrics import Metrics
from rag_server.observability.rpc import RpcMetrics
from rag_server.observability.tracing import Tracing
from rag_server.settings import Settings, read_tls
from rag_server.transport.contract import methods
from rag_server.transport.interceptors import interceptors
from rag_server.transport.server import RpcServer, ServerOptions
from rag_server.transport.servicers.admin import AdminServicer, ServerFacts
from rag_server.transport.servicers.collections import CollectionServicer
from rag_server.transport.servicers.documents import DocumentServicer
from rag_server.transport.servicers.jobs import JobServicer
from rag_server.transport.servicers.rag import RagServicer


def rpc_server(
    parts: Parts, metrics: Metrics, tracing: Tracing | None, watch: Watch, desk: JobDesk
) -> RpcServer:
    """All services behind the interceptors; not started yet."""
    settings, pools = parts.settings, parts.pools
    ingest, documents = ingest_path(parts), library(parts)
    schemas = SchemaDesk(parts.engines.catalog, parts.schemas, pools.reads)
    questions, reranks = question_paths(parts)
    streams = StreamIngest(ingest, stream_limits(settings))
    servicers = {
        "ragrpc.v1.RagService": RagServicer(questions, reranks, schemas),
        "ragrpc.v1.DocumentService": DocumentServicer(ingest, streams, documents),
        "ragrpc.v1.CollectionService": CollectionServicer(
            documents, schemas, _reindexing(parts, desk)
        ),
        "ragrpc.v1.JobService": JobServicer(desk),
        "ragrpc.v1.AdminService": AdminServicer(
            _facts(parts), watch.components, _backups(parts, desk)
        ),
    }

    def drain() -> None:
        streams.drain()
        desk.drain()

    keys = parts.engines.catalog.keys
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
        parts.telemetry,
        _credentials(settings),
        tracing.server_interceptor() if tracing else None,
        drain,
        remote.look_up if remote else None,
    )


def _reindexing(parts: Parts, desk: JobDesk) -> ReindexDesk:
    engines = parts.engines
    check = chunking_check(engines)
    return ReindexDesk(engines.catalog, parts.pools.reads, desk, engines.embedders, check)


def _backups(parts: Parts, desk: JobDesk) -> BackupDesk:
    engines = parts.engines
    vault = engines.backups.vault if engines.backups is not None else None
    return BackupDesk(vault, engines.catalog.collections, desk, parts.pools.backups)


def _facts(parts: Parts) -> ServerFacts:
    settings, generators = parts.settings, parts.generators
    default = generators[type(default_generator(settings))].name
    others = sorted(each.name for each in generators.values() if each.name != default)
    return ServerFacts(
        version=version("ragrpc"),
        embedder=parts.engines.embedder,
        pipelines=parts.pipelines,
        default_pipeline=settings.retrieval.default_pipeline,
        generators=(default, *others),
        retriever_plugins=parts.plugins.retrievers,
        reranker_plugins=parts.plugins.rerankers,
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
