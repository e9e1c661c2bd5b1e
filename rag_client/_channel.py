"""How the client connects: addresses, credentials, retries, keepalive."""

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import grpc

from rag_client.errors import InvalidArgument

_MIB = 1024 * 1024
# A second try would report what the first one did: ALREADY_EXISTS, or NOT_FOUND.
_COLLECTIONS = {"service": "ragrpc.v1.CollectionService"}
_ONCE = ("CreateCollection", "DeleteCollection")
# It is opened again by the client, which alone knows what is still to be sent.
_STREAM = {"service": "ragrpc.v1.DocumentService", "method": "StreamIngest"}


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the server; each part is PEM bytes or a path to them.

    `ca` None: the roots that gRPC trusts by default. `cert` and `key` together identify the
    client (mTLS). `server_name` is the name in the server's certificate where it is not
    that of the address.
    """

    ca: bytes | str | Path | None = None
    cert: bytes | str | Path | None = None
    key: bytes | str | Path | None = field(default=None, repr=False)
    server_name: str | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """What gRPC makes of it; InvalidArgument where a file cannot be read."""
        if (self.cert is None) != (self.key is None):
            raise InvalidArgument.of("tls", "give both cert and key, or neither")
        return grpc.ssl_channel_credentials(
            root_certificates=_pem("tls.ca", self.ca),
            private_key=_pem("tls.key", self.key),
            certificate_chain=_pem("tls.cert", self.cert),
        )


def _pem(field: str, part: bytes | str | Path | None) -> bytes | None:
    if part is None or isinstance(part, bytes):
        return part
    try:
        return Path(part).read_bytes()
    except OSError as error:
        raise InvalidArgument.of(field, f"cannot read {part}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries of calls that were answered UNAVAILABLE, or RESOURCE_EXHAUSTED with a time to
    come back. `max_attempts` counts the first one: 1 turns retries off, 5 is the most that
    gRPC makes. Waits (seconds) grow by `multiplier`, with jitter, up to `max_backoff`.
    Creating and deleting a collection is never retried: it is not idempotent."""

    max_attempts: int = 5
    initial_backoff: float = 0.2
    max_backoff: float = 5.0
    multiplier: float = 2.0

    def service_config(self) -> str:
        """The gRPC service config, as JSON."""
        # The more specific names win.
        collections = [_COLLECTIONS | {"method": each} for each in _ONCE]
        once: dict[str, object] = {"name": [*collections, _STREAM]}
        method: dict[str, object] = {"name": [{}]}
        if self.max_attempts > 1:
            method["retryPolicy"] = {
                "maxAttempts": self.max_attempts,
                "initialBackoff": f"{self.initial_backoff}s",
                "maxBackoff": f"{self.max_backoff}s",
                "backoffMultiplier": self.multiplier,
                "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
            }
        return json.dumps(
            {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [once, method]}
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the server is and how it is reached; nothing is opened by making one.

    InvalidArgument: no address, a key that is no visible ASCII, or a key that would
    travel in plaintext to another machine without `allow_insecure_key`.
    """

    address: str
    api_key: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    allow_insecure_key: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    max_message_bytes: int = 64 * _MIB

    def __post_init__(self) -> None:
        if not self.address:
            raise InvalidArgument.of("address", "must not be empty")
        if self.api_key is None:
            return
        if not (self.api_key.isascii() and self.api_key.isprintable() and self.api_key.strip()):
            raise InvalidArgument.of("api_key", "must be visible ASCII characters")
        if self.tls is None and not self.allow_insecure_key and not is_loopback(self.address):
            raise InvalidArgument.of(
                "api_key",
                f"would travel in plaintext to {self.address}: use TLS, or allow_insecure_key=True",
            )

    def credentials(self) -> grpc.ChannelCredentials | None:
        """Credentials of the channel; None for plaintext."""
        return self.tls.credentials() if self.tls else None

    def options(self) -> list[tuple[str, str | int]]:
        """Options of the channel."""
        options: list[tuple[str, str | int]] = [
            ("grpc.service_config", self.retry.service_config()),
            # A request over the default 256 KiB would silently not be retried.
            ("grpc.per_rpc_retry_buffer_size", self.max_message_bytes),
            ("grpc.max_send_message_length", self.max_message_bytes),
            ("grpc.max_receive_message_length", self.max_message_bytes),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            # A long answer may send nothing for minutes; the pings must go on.
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.min_reconnect_backoff_ms", 200),
            ("grpc.max_reconnect_backoff_ms", 5_000),
        ]
        if is_loopback(self.address):
            # No proxy leads back to this machine, whatever http_proxy says.
            options.append(("grpc.enable_http_proxy", 0))
        if self.tls and self.tls.server_name:
            options.append(("grpc.ssl_target_name_override", self.tls.server_name))
        return options


def is_loopback(address: str) -> bool:
    """Whether a gRPC target certainly stays on this machine."""
    scheme, colon, rest = address.partition(":")
    if colon and scheme in {"unix", "unix-abstract"}:
        return True
    if colon and scheme in {"dns", "ipv4", "ipv6"}:
        address = rest.rpartition("/")[2]
    return all(_is_loopback_host(_host(each)) for each in address.split(","))


def _host(endpoint: str) -> str:
    if endpoint.startswith("["):
        return endpoint[1:].partition("]")[0]
    return endpoint.rpartition(":")[0] if endpoint.count(":") == 1 else endpoint


def _is_loopback_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
