"""What the server says about itself."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rag_client.types.pipelines import PipelineSpec


class Health(StrEnum):
    """State of a server or of one of its parts."""

    UNKNOWN = "unknown"
    SERVING = "serving"
    NOT_SERVING = "not_serving"


class Breaker(StrEnum):
    """State of the circuit breaker around a part outside of the server; NONE where the part
    is within it, or the server does not say."""

    NONE = "none"
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class CallerInfo:
    """How the server sees the caller; `key_id` is empty where authentication is off."""

    tenant: str
    roles: tuple[str, ...]
    key_id: str


@dataclass(frozen=True, slots=True)
class PipelineInfo:
    """A named pipeline and what it does: `spec` with all its defaults (None where this client
    knows too little), `default` where it is that of a call that names none."""

    name: str
    description: str
    spec: PipelineSpec | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """The embedding model: length of its vectors, most tokens of a text that it sees."""

    name: str
    dimension: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that requests are checked against; `max_document_bytes` of text, also of what
    was made of a file, `max_data_bytes` of the file."""

    max_message_bytes: int
    max_document_bytes: int
    max_batch_documents: int
    max_top_k: int
    default_deadline: timedelta
    max_deadline: timedelta
    max_data_bytes: int
    max_rerank_texts: int = 0
    max_rerank_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """State of one part, such as catalog or vector_index."""

    name: str
    state: Health
    detail: str
    breaker: Breaker = Breaker.NONE


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A strategy for CustomRetriever or CustomReranker; `parameter_schema` is a JSON schema as
    text."""

    name: str
    description: str
    parameter_schema: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server is, knows and allows; the default generator comes first."""

    version: str
    caller: CallerInfo
    pipelines: tuple[PipelineInfo, ...]
    embedder: EmbedderInfo
    generators: tuple[str, ...]
    limits: Limits
    components: tuple[ComponentStatus, ...]
    uptime: timedelta
    retriever_plugins: tuple[PluginInfo, ...] = ()
    reranker_plugins: tuple[PluginInfo, ...] = ()
