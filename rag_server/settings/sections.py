"""One small model per section; names carry their unit, bounds are enforced."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

LocalPath = Annotated[Path, AfterValidator(Path.expanduser)]
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Threads = Annotated[int, Field(ge=1, le=64)]
Queue = Annotated[int, Field(ge=0, le=100_000)]


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ragrpc"


def _off(mode: object) -> object:
    # YAML 1.1 reads a bare `off` as false.
    return "off" if mode is False else mode


class Section(BaseModel):
    """Base of all sections."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Server(Section):
    """The gRPC port and how calls are bounded."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address that gRPC listens on."
    )
    port: Port = Field(default=50051, description="Port that gRPC listens on; 0 takes a free one.")
    max_message_bytes: int = Field(
        default=16 * 2**20,
        ge=64 * 2**10,
        le=256 * 2**20,
        description="Largest request message, in bytes; larger ones get RESOURCE_EXHAUSTED.",
    )
    default_deadline_seconds: Seconds = Field(
        default=30.0, description="Deadline of a call that brings none, in seconds."
    )
    max_deadline_seconds: Seconds = Field(
        default=600.0,
        description="Longest deadline granted, in seconds; a longer one is cut to it.",
    )
    drain_delay_seconds: float = Field(
        default=0.0,
        ge=0,
        le=3_600,
        description="Time between reporting NOT_SERVING and refusing new calls at shutdown, in "
        "seconds; give load balancers time to notice.",
    )
    grace_seconds: float = Field(
        default=30.0,
        ge=0,
        le=3_600,
        description="Time that running calls get to finish at shutdown, in seconds.",
    )
    keepalive_time_seconds: Seconds = Field(
        default=60.0, description="Silence after which the server pings a client, in seconds."
    )
    keepalive_timeout_seconds: Seconds = Field(
        default=20.0, description="Time a client has to answer a ping, in seconds."
    )
    keepalive_min_interval_seconds: Seconds = Field(
        default=10.0,
        description="Shortest interval between a client's own pings, in seconds; a client that "
        "pings more often is disconnected.",
    )
    max_connection_age_seconds: Seconds = Field(
        default=3_600.0,
        description="Age at which a connection is closed, in seconds, so that clients find new "
        "servers.",
    )
    max_connection_age_grace_seconds: Seconds = Field(
        default=600.0,
        description="Time that calls on a connection past its age get to finish, in seconds; at "
        "least `server.max_deadline_seconds`.",
    )
    reflection: bool = Field(
        default=True, description="Whether generic clients may list the services."
    )


class Tls(Section):
    """Transport security of the gRPC port; without a certificate it speaks plain text."""

    certificate: LocalPath | None = Field(
        default=None,
        description="PEM file with the server's certificate chain; needs `tls.private_key`.",
    )
    private_key: LocalPath | None = Field(
        default=None,
        description="PEM file with the certificate's private key, without a passphrase.",
    )
    client_ca: LocalPath | None = Field(
        default=None,
        description="PEM file with the authorities of client certificates; when set, every "
        "client must present one (mTLS).",
    )


class Sidecar(Section):
    """The HTTP port with `/metrics`, `/healthz` and `/readyz`."""

    enabled: bool = Field(default=True, description="Whether the HTTP port is opened.")
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address that HTTP listens on."
    )
    port: Port = Field(default=9464, description="Port that HTTP listens on; 0 takes a free one.")


class Auth(Section):
    """Who may call."""

    mode: Annotated[Literal["auto", "required", "off"], BeforeValidator(_off)] = Field(
        default="auto",
        description="Whether calls need an API key; `auto`: off when gRPC listens on loopback "
        "only, required elsewhere.",
    )
    allow_anonymous_network: bool = Field(
        default=False,
        description="Says explicitly that `auth.mode: off` is meant although gRPC is reachable "
        "from other machines.",
    )


class Data(Section):
    """Where state lives."""

    directory: LocalPath = Field(
        default=Path("ragrpc-data"),
        description="Directory of the catalog and its indexes; owned by one server at a time.",
    )
    cache_directory: LocalPath = Field(
        default_factory=_cache_directory,
        description="Directory of what can be made again, such as quantised models.",
        json_schema_extra={"default": "$XDG_CACHE_HOME/ragrpc, else ~/.cache/ragrpc"},
    )


class Chroma(Section):
    """The vector index: embedded in the server, a Chroma server, or Chroma Cloud. All but
    `chroma.mode` is about the latter two."""

    mode: Literal["embedded", "server", "cloud"] = Field(
        default="embedded",
        description="`embedded`: in the data directory; `server`: a Chroma server (`chroma run`); "
        "`cloud`: Chroma Cloud, with its limits.",
    )
    host: str | None = Field(
        default=None,
        pattern=r"^[^\s/]+$",
        description="Host name or address; unset: 127.0.0.1, or api.trychroma.com in mode `cloud`.",
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="HTTP port; unset: 8000, or 443 in mode `cloud`.",
    )
    ssl: bool | None = Field(
        default=None,
        description="Whether to speak TLS; unset: only in mode `cloud`.",
    )
    ca: LocalPath | None = Field(
        default=None,
        description="PEM file with the authorities of Chroma's certificate; unset: those of the "
        "system.",
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="API key, never shown, sent as x-chroma-token; needed in mode `cloud`, and "
        "elsewhere only over TLS or loopback.",
    )
    tenant: str = Field(
        default="default_tenant",
        min_length=1,
        description="Tenant of Chroma's; made where it is missing and may be made.",
    )
    database: str = Field(
        default="default_database",
        min_length=1,
        description="Database of Chroma's; made where it is missing.",
    )
    pool_size: int = Field(
        default=8, ge=1, le=256, description="Most connections, each used by one thread at a time."
    )
    borrow_timeout_seconds: Seconds = Field(
        default=1.0,
        description="Longest wait for a connection, in seconds; then RESOURCE_EXHAUSTED.",
    )
    recycle_seconds: Seconds = Field(
        default=300.0, description="Age at which a connection is made anew, in seconds."
    )
    request_timeout_seconds: Seconds = Field(
        default=2.0,
        description="Longest wait for a search or another small request, in seconds; at most half "
        "of the time that the call has left.",
    )
    write_timeout_seconds: Seconds = Field(
        default=20.0, description="Longest wait while vectors are added or removed, in seconds."
    )
    retry_attempts: int = Field(
        default=3, ge=1, le=10, description="Attempts of one request, the first included."
    )
    retry_base_seconds: Seconds = Field(
        default=0.05,
        description="Scale of the waits between attempts, in seconds: the n-th is drawn from 0 to "
        "this times 2^n.",
    )
    retry_cap_seconds: Seconds = Field(
        default=1.0, description="Longest wait between attempts, in seconds."
    )
    retry_budget: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Retries per request on average over all callers; beyond it nothing is "
        "retried.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        le=1_000,
        description="Failures in a row that open the circuit breaker.",
    )
    breaker_reset_seconds: Seconds = Field(
        default=2.0,
        description="Time after which an open circuit breaker lets one request try, in seconds.",
    )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, the mode's own where they are not set."""
        cloud = self.mode == "cloud"
        host = self.host or ("api.trychroma.com" if cloud else "127.0.0.1")
        return host, self.port or (443 if cloud else 8000)

    @property
    def tls(self) -> bool:
        """Whether TLS is spoken, `chroma.ssl` resolved."""
        return self.mode == "cloud" if self.ssl is None else self.ssl


class Catalog(Section):
    """Where the catalog is; the pool and the times are those of PostgreSQL."""

    url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database that servers share, "
        "`postgresql://user@host:5432/database?sslmode=verify-full`; unset: SQLite in "
        "`data.directory`.",
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password of its user, never shown; unset: the URL's, or libpq's own ways "
        "(`passfile` in the URL, PGPASSFILE, PGPASSWORD).",
    )
    pool_size: int = Field(
        default=16, ge=2, le=200, description="Connections that this server opens at most."
    )
    pool_timeout_seconds: Seconds = Field(
        default=5.0, description="Longest wait for a free connection, in seconds."
    )
    connect_timeout_seconds: Seconds = Field(
        default=5.0, description="Longest wait for a new connection, in seconds; 2 at least."
    )
    statement_timeout_seconds: Seconds = Field(
        default=10.0,
        description="Longest time of one statement, in seconds; a second later a server that says "
        "nothing is given up.",
    )
    lock_timeout_seconds: Seconds = Field(
        default=5.0,
        description="Longest wait for another server's commit to the same collection, in seconds.",
    )


class Embedder(Section):
    """The model that turns text into vectors."""

    name: str = Field(
        default="minilm", min_length=1, description="Embedder, by its name in the table."
    )
    query_cache_size: int = Field(
        default=4_096,
        ge=0,
        le=10_000_000,
        description="Vectors of questions kept in memory; 0 keeps none.",
    )


class Parsing(Section):
    """What one document may cost; one that costs more fails by itself (`PARSING_LIMIT`)."""

    max_input_bytes: int = Field(
        default=32 * 2**20,
        ge=4 * 2**20,
        le=2**30,
        description="Largest document as the bytes of a file, in bytes.",
    )
    max_text_bytes: int = Field(
        default=4 * 2**20,
        ge=4 * 2**20,
        le=64 * 2**20,
        description="Most text that is made of a file, in bytes.",
    )
    processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Processes that parse HTML, PDF, DOCX, CSV and JSON lines at the same time.",
    )
    timeout_seconds: Seconds = Field(
        default=30.0, description="Longest time that parsing one document may take, in seconds."
    )
    max_memory_bytes: int = Field(
        default=2**30,
        ge=256 * 2**20,
        le=64 * 2**30,
        description="Address space of a process that parses, in bytes.",
    )


class Chunking(Section):
    """How the documents of a collection are cut that says nothing else when it is created."""

    strategy: Literal["recursive", "sentence", "markdown", "code", "hierarchical"] = Field(
        default="recursive",
        description="Chunking strategy of new collections; `code` needs the extra `documents`.",
    )
    max_tokens: int = Field(
        default=200,
        ge=16,
        le=8_192,
        description="Longest chunk of new collections, in tokens of the embedder, whose window "
        "bounds it too.",
    )


class Streaming(Section):
    """How much streams of documents may hold in memory."""

    max_streams: int = Field(
        default=8,
        ge=1,
        le=1_000,
        description="Streams of documents at a time; further ones get RESOURCE_EXHAUSTED.",
    )
    window_bytes: int = Field(
        default=8 * 2**20,
        ge=2 * 2**20,
        le=1_024 * 2**20,
        description="Bytes that one stream may have sent and not yet have answered; a larger "
        "document travels alone.",
    )
    window_items: int = Field(
        default=1_024,
        ge=1,
        le=100_000,
        description="Documents that one stream may have sent and not yet have answered.",
    )
    idle_seconds: Seconds = Field(
        default=300.0,
        description="Silence after which a stream of documents is ended, in seconds; its client "
        "opens another one when there is more.",
    )


class Pools(Section):
    """Threads by class of work; what is beyond a queue gets RESOURCE_EXHAUSTED."""

    read_threads: Threads = Field(default=2, description="Threads that serve questions.")
    read_queue: Queue = Field(default=64, description="Questions that may wait for a thread.")
    write_threads: Threads = Field(default=2, description="Threads that ingest and delete.")
    write_queue: Queue = Field(default=256, description="Writes that may wait for a thread.")
    generation_threads: Threads = Field(
        default=1, description="Threads that write and check answers."
    )
    generation_queue: Queue = Field(default=64, description="Answers that may wait for a thread.")


class Retrieval(Section):
    """How candidates are found."""

    default_pipeline: str = Field(
        default="default", min_length=1, description="Pipeline of a call that names none."
    )
    exact_scan_limit: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        description="Chunks that may pass a filter and still be scored exactly, one by one; with "
        "more of them the vector index is searched.",
    )
    tail_limit: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        description="Chunks not yet in the vector index that a read scores exactly instead of "
        "waiting for it.",
    )


class Generation(Section):
    """Who writes answers."""

    default: Literal["extractive", "openai"] = Field(
        default="extractive", description="Generator of a call that names none."
    )


class OpenAi(Section):
    """The OpenAI-compatible generator; usable once `openai.model` is set."""

    base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Base URL of the API, up to and with `/v1`; unset: the provider's own.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="API key, never shown; needed unless `openai.base_url` is set."
    )
    model: str | None = Field(
        default=None, min_length=1, description="Model name that is requested."
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="Sampling temperature.")
    max_output_tokens: int = Field(
        default=512, ge=1, le=131_072, description="Longest answer, in tokens of the model."
    )
    context_tokens: int = Field(
        default=4_096,
        ge=256,
        le=10_000_000,
        description="Context window, in tokens of the model: prompt and answer fit into it.",
    )
    timeout_seconds: Seconds = Field(
        default=60.0,
        description="Longest wait for the model, in seconds; the deadline may be shorter.",
    )


class Maintenance(Section):
    """What happens in the background."""

    tombstone_retention_seconds: int = Field(
        default=3_600,
        ge=60,
        le=365 * 86_400,
        description="Time that deleted rows stay readable for running calls, in seconds; more "
        "than `server.max_deadline_seconds`.",
    )
    janitor_interval_seconds: Seconds = Field(
        default=60.0,
        description="Time between two jobs that remove deleted rows for good, in seconds; one "
        "for all servers of a catalog.",
    )


class Jobs(Section):
    """Long work: reindexing, backups, garbage collection."""

    threads: Threads = Field(default=2, description="Jobs that this server works on at a time.")
    lease_seconds: float = Field(
        default=30.0,
        ge=1,
        le=3_600,
        description="Time after which the job of a server that died is taken over, in seconds; "
        "clocks of servers must agree to a fraction of it.",
    )
    max_attempts: int = Field(
        default=5, ge=1, le=100, description="Times that a job is begun before it has failed."
    )
    retention_seconds: int = Field(
        default=7 * 86_400,
        ge=86_400,
        le=365 * 86_400,
        description="Time that jobs can be looked up after their end, in seconds.",
    )


class Backup(Section):
    """Where backups go, and when they are made and removed by themselves."""

    url: str | None = Field(
        default=None,
        min_length=1,
        description="Directory of backups, or `s3://bucket/prefix` (extra `s3`); unset: the "
        "server makes none.",
    )
    s3_endpoint_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Address of what speaks S3's protocol; unset: the provider's own.",
    )
    s3_region: str | None = Field(
        default=None, min_length=1, description="Region of the bucket; unset: as the SDK finds it."
    )
    s3_access_key_id: SecretStr | None = Field(
        default=None,
        description="Access key, never shown; unset: the SDK's own sources, such as "
        "`AWS_ACCESS_KEY_ID` or the machine's role.",
    )
    s3_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret of `backup.s3_access_key_id`, never shown."
    )
    interval_seconds: int | None = Field(
        default=None,
        ge=1,
        le=365 * 86_400,
        description="Time between two backups of the whole server, in seconds; unset: none are "
        "made by themselves.",
    )
    full_every: int = Field(
        default=7,
        ge=1,
        le=1_000,
        description="How many backups made by themselves form a chain: the first is full, the "
        "others hold what is new.",
    )
    keep_last: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Newest backups of a scope (server, tenant or collection) that are kept; "
        "unset: no rule by number. Without any rule all are kept.",
    )
    keep_seconds: int | None = Field(
        default=None,
        ge=1,
        le=100 * 365 * 86_400,
        description="Age up to which backups are kept, in seconds; unset: no rule by age. A "
        "backup goes when no rule keeps it and none that is kept builds on it.",
    )


class Logging(Section):
    """What goes to standard output."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is written."
    )
    format: Literal["json", "console"] = Field(
        default="json", description="One JSON object per line, or lines for a person."
    )


class Tracing(Section):
    """OpenTelemetry spans."""

    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Collector's OTLP gRPC address, such as `http://collector:4317` (`https` for "
        "TLS); unset: no tracing.",
    )
    sample_ratio: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of calls without a caller's trace that are traced, 0 to 1; a "
        "caller's own decision is followed.",
    )
    service_name: str = Field(
        default="ragrpc", min_length=1, description="Name under which spans are reported."
    )
