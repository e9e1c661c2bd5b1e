"""AdminService: the server itself."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from ragrpc.v1 import admin_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.health import Component
from rag_server.core.principal import Role
from rag_server.core.protocols import Embedder
from rag_server.core.retrieval import PipelineSpec
from rag_server.transport.validation import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_TOP_K


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What GetServerInfo says that does not change while the server runs."""

    version: str
    embedder: Embedder
    pipelines: Mapping[str, PipelineSpec]
    generators: Sequence[str]
    max_message_bytes: int
    max_data_bytes: int
    default_deadline: float
    max_deadline: float


class AdminServicer:
    """Describes the server to its callers."""

    def __init__(
        self, facts: ServerFacts, components: Callable[[], Mapping[str, Component]]
    ) -> None:
        self._facts = facts
        self._components = components
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
            pipelines=[
                pb.PipelineInfo(name=name, description=spec.description)
                for name, spec in sorted(facts.pipelines.items())
            ],
            embedder=pb.EmbedderInfo(
                name=facts.embedder.name,
                dimension=facts.embedder.dimension,
                max_tokens=facts.embedder.max_tokens,
            ),
            generators=facts.generators,
            limits=self._limits(),
            components=[_component(name, each) for name, each in self._components().items()],
            uptime=_duration(time.monotonic() - self._started),
        )

    def _limits(self) -> pb.Limits:
        return pb.Limits(
            max_message_bytes=self._facts.max_message_bytes,
            max_document_bytes=MAX_DOCUMENT_BYTES,
            max_batch_documents=MAX_DOCUMENTS,
            max_top_k=MAX_TOP_K,
            default_deadline=_duration(self._facts.default_deadline),
            max_deadline=_duration(self._facts.max_deadline),
            max_data_bytes=self._facts.max_data_bytes,
        )


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
