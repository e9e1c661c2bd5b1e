"""AdminService: the server itself, and backups of what it stores."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from ragrpc.v1 import admin_service_pb2 as pb

from rag_server.core.backup_desk import BackupDesk
from rag_server.core.call import Call
from rag_server.core.health import Component
from rag_server.core.principal import Role
from rag_server.core.protocols import Embedder
from rag_server.core.specs import PipelineSpec
from rag_server.plugins import Plugin
from rag_server.transport.convert.backups import backup_message, backup_order, restore_order
from rag_server.transport.convert.jobs import job_message
from rag_server.transport.convert.pipelines import fill_pipeline
from rag_server.transport.validation import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
    MAX_RERANK_BYTES,
    MAX_RERANK_TEXTS,
    MAX_TOP_K,
)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What GetServerInfo says that does not change while the server runs."""

    version: str
    embedder: Embedder
    pipelines: Mapping[str, PipelineSpec]
    default_pipeline: str
    generators: Sequence[str]
    retriever_plugins: Mapping[str, Plugin]
    reranker_plugins: Mapping[str, Plugin]
    max_message_bytes: int
    max_data_bytes: int
    default_deadline: float
    max_deadline: float


_PAGE_SIZE = 100


class AdminServicer:
    """Describes the server to its callers, and takes orders for backups."""

    def __init__(
        self,
        facts: ServerFacts,
        components: Callable[[], Mapping[str, Component]],
        backups: BackupDesk,
    ) -> None:
        self._facts = facts
        self._components = components
        self._backups = backups
        self._started = time.monotonic()

    async def GetServerInfo(
        self, request: pb.GetServerInfoRequest, call: Call
    ) -> pb.GetServerInfoResponse:
        """What this server is, knows and allows."""
        del request
        call.principal.require(Role.READER)
        facts = self._facts
        return pb.GetServerInfoResponse(
            version=facts.version,
            caller=pb.CallerInfo(
                tenant=call.principal.tenant,
                roles=sorted(call.principal.roles),
                key_id=call.principal.key_id,
            ),
            pipelines=[self._pipeline(name) for name in sorted(facts.pipelines)],
            embedder=pb.EmbedderInfo(
                name=facts.embedder.name,
                dimension=facts.embedder.dimension,
                max_tokens=facts.embedder.max_tokens,
            ),
            generators=facts.generators,
            limits=self._limits(),
            components=[_component(name, each) for name, each in self._components().items()],
            uptime=_duration(time.monotonic() - self._started),
            retriever_plugins=_plugins(facts.retriever_plugins),
            reranker_plugins=_plugins(facts.reranker_plugins),
        )

    async def CreateBackup(
        self, request: pb.CreateBackupRequest, call: Call
    ) -> pb.CreateBackupResponse:
        """Begin a backup."""
        job = await self._backups.create(backup_order(request), call)
        return pb.CreateBackupResponse(job=job_message(job))

    async def ListBackups(
        self, request: pb.ListBackupsRequest, call: Call
    ) -> pb.ListBackupsResponse:
        """A page of backups."""
        size = request.page_size if request.HasField("page_size") else _PAGE_SIZE
        page = await self._backups.backups(size, request.page_token, call)
        return pb.ListBackupsResponse(
            backups=map(backup_message, page.items), next_page_token=page.next_token
        )

    async def GetBackup(self, request: pb.GetBackupRequest, call: Call) -> pb.GetBackupResponse:
        """One backup."""
        backup = await self._backups.backup(request.backup_id, call)
        return pb.GetBackupResponse(backup=backup_message(backup))

    async def DeleteBackup(
        self, request: pb.DeleteBackupRequest, call: Call
    ) -> pb.DeleteBackupResponse:
        """Remove a backup."""
        await self._backups.delete(request.backup_id, call)
        return pb.DeleteBackupResponse()

    async def VerifyBackup(
        self, request: pb.VerifyBackupRequest, call: Call
    ) -> pb.VerifyBackupResponse:
        """Begin to verify a backup."""
        job = await self._backups.verify(request.backup_id, request.request_id or None, call)
        return pb.VerifyBackupResponse(job=job_message(job))

    async def RestoreBackup(
        self, request: pb.RestoreBackupRequest, call: Call
    ) -> pb.RestoreBackupResponse:
        """Begin to restore."""
        job = await self._backups.restore(restore_order(request), call)
        return pb.RestoreBackupResponse(job=job_message(job))

    def _pipeline(self, name: str) -> pb.PipelineInfo:
        spec = self._facts.pipelines[name]
        default = name == self._facts.default_pipeline
        message = pb.PipelineInfo(name=name, description=spec.description, default=default)
        fill_pipeline(spec, message.spec)
        return message

    def _limits(self) -> pb.Limits:
        return pb.Limits(
            max_message_bytes=self._facts.max_message_bytes,
            max_document_bytes=MAX_DOCUMENT_BYTES,
            max_batch_documents=MAX_DOCUMENTS,
            max_top_k=MAX_TOP_K,
            default_deadline=_duration(self._facts.default_deadline),
            max_deadline=_duration(self._facts.max_deadline),
            max_data_bytes=self._facts.max_data_bytes,
            max_rerank_texts=MAX_RERANK_TEXTS,
            max_rerank_bytes=MAX_RERANK_BYTES,
        )


def _plugins(plugins: Mapping[str, Plugin]) -> list[pb.PluginInfo]:
    return [
        pb.PluginInfo(
            name=name,
            description=each.description,
            parameter_schema=json.dumps(each.parameters),
        )
        for name, each in sorted(plugins.items())
    ]


def _component(name: str, component: Component) -> pb.ComponentStatus:
    state = (
        pb.ComponentStatus.STATE_SERVING
        if component.ready
        else (pb.ComponentStatus.STATE_NOT_SERVING)
    )
    breaker = f"BREAKER_{component.breaker or 'UNSPECIFIED'}"
    return pb.ComponentStatus(name=name, state=state, detail=component.detail, breaker=breaker)


def _duration(seconds: float) -> Duration:
    message = Duration()
    message.FromTimedelta(timedelta(seconds=seconds))
    return message
