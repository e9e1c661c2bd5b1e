"""How Chroma is reached."""

from typing import Literal

from pydantic import Field, SecretStr

from rag_server.settings.sections.base import LocalPath, Seconds, Section


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
