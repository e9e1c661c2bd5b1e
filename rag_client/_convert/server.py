"""From messages about the server to the client's values."""

from ragrpc.v1 import admin_service_pb2

from rag_client import types
from rag_client._convert.parts import enum_of
from rag_client._convert.pipelines import pipeline


def server_info(message: admin_service_pb2.GetServerInfoResponse) -> types.ServerInfo:
    """What the server is."""
    caller, embedder = message.caller, message.embedder
    return types.ServerInfo(
        version=message.version,
        caller=types.CallerInfo(caller.tenant, tuple(caller.roles), caller.key_id),
        pipelines=tuple(
            types.PipelineInfo(each.name, each.description, pipeline(each.spec), each.default)
            for each in message.pipelines
        ),
        embedder=types.EmbedderInfo(embedder.name, embedder.dimension, embedder.max_tokens),
        generators=tuple(message.generators),
        limits=_limits(message.limits),
        components=tuple(_component(each) for each in message.components),
        uptime=message.uptime.ToTimedelta(),
        retriever_plugins=tuple(map(_plugin, message.retriever_plugins)),
        reranker_plugins=tuple(map(_plugin, message.reranker_plugins)),
    )


def _plugin(message: admin_service_pb2.PluginInfo) -> types.PluginInfo:
    return types.PluginInfo(message.name, message.description, message.parameter_schema)


def _limits(message: admin_service_pb2.Limits) -> types.Limits:
    return types.Limits(
        max_message_bytes=message.max_message_bytes,
        max_document_bytes=message.max_document_bytes,
        max_batch_documents=message.max_batch_documents,
        max_top_k=message.max_top_k,
        default_deadline=message.default_deadline.ToTimedelta(),
        max_deadline=message.max_deadline.ToTimedelta(),
        max_data_bytes=message.max_data_bytes,
        max_rerank_texts=message.max_rerank_texts,
        max_rerank_bytes=message.max_rerank_bytes,
    )


def _component(message: admin_service_pb2.ComponentStatus) -> types.ComponentStatus:
    state = enum_of(
        types.Health,
        "STATE_",
        admin_service_pb2.ComponentStatus.State,
        message.state,
        types.Health.UNKNOWN,
    )
    breaker = enum_of(
        types.Breaker,
        "BREAKER_",
        admin_service_pb2.ComponentStatus.Breaker,
        message.breaker,
        types.Breaker.NONE,
    )
    return types.ComponentStatus(message.name, state, message.detail, breaker)


def health(number: int) -> types.Health:
    """A ServingStatus of the gRPC health protocol."""
    return {1: types.Health.SERVING, 2: types.Health.NOT_SERVING}.get(number, types.Health.UNKNOWN)
