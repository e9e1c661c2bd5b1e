"""Where the server listens, and who may call."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from rag_server.settings.sections.base import LocalPath, Port, Queue, Seconds, Section, Threads


def _off(mode: object) -> object:
    # YAML 1.1 reads a bare `off` as false.
    return "off" if mode is False else mode


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
    model_threads: Threads = Field(
        default=4,
        description="Threads that serve questions whose retrieval asks a language model, where "
        "one is configured; they mostly wait for it.",
    )
    model_queue: Queue = Field(
        default=64, description="Questions of that kind that may wait for a thread."
    )
    rerank_threads: Threads = Field(
        default=1,
        description="Threads that order texts which come with the call (Rerank); embedding them "
        "takes seconds, so that they must not be those of questions.",
    )
    rerank_queue: Queue = Field(default=16, description="Calls of that kind that may wait.")
