"""Chroma's own HTTP client, with bounded times and errors that tell what happened.

Imports chromadb, which takes a second: import this module where it is needed.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import httpx
from chromadb.api.fastapi import FastAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError
from overrides import override

from rag_server.resilience.failure import Failure
from rag_server.stores.chroma.address import Address

_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=40.0)
_TOKEN = "x-chroma-token"  # noqa: S105 - the name of a header


class Refused(ChromaError):
    """The server refuses for a reason that Chroma's client does not know."""

    @classmethod
    @override
    def name(cls) -> str:
        """As others of Chroma's errors."""
        return "Refused"


class HttpApi(FastAPI):
    """One connection to a Chroma server, for one thread at a time. Making it asks nobody.

    By itself Chroma's client waits without end, so that a server that is stopped in the
    middle of an answer would stop its callers, too.
    """

    def __init__(self, address: Address, trust: ssl.SSLContext | None) -> None:
        """`trust` None: plain HTTP."""
        super().__init__(System(_settings(address)))
        self._session.close()
        self._session = httpx.Client(
            limits=_LIMITS,
            headers=self._header,
            verify=trust or False,
            # No proxy leads back to this machine, whatever http_proxy says.
            trust_env=not _is_loopback(address.host),
            event_hooks={"response": [_refuse]},
        )

    def allow(self, seconds: float) -> None:
        """Time for each step of a request (connect, send, receive) from now on."""
        self._session.timeout = seconds

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


@contextmanager
def translated() -> Iterator[None]:
    """Makes Failures of what a client raises when the server does not work. What the server
    refuses for a reason passes as the error of Chroma's that it is."""
    try:
        yield
    except httpx.TimeoutException as error:
        # Not transient: it has had its time, and asking more of what is slow makes it slower.
        raise Failure("does not answer in time", transient=False, timed_out=True) from error
    except httpx.TransportError as error:
        raise Failure("cannot be reached") from error
    except ValueError as error:
        raise Failure("answers what cannot be read") from error
    except Exception as error:
        # All that Chroma's client has for a refusal that it does not know by name.
        if type(error) is Exception:
            raise Refused from error
        raise


def _settings(address: Address) -> Settings:
    key = address.api_key
    return Settings(
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=address.host,
        chroma_server_http_port=address.port,
        chroma_server_ssl_enabled=address.tls,
        # Of the session that is replaced: loading the authorities takes 50 ms.
        chroma_server_ssl_verify=False,
        chroma_server_headers={_TOKEN: key} if key else None,
        anonymized_telemetry=False,
    )


def _refuse(response: httpx.Response) -> None:
    status = response.status_code
    if status in (401, 403):
        raise Failure("refuses the API key", transient=False)
    if status == 429 or status >= 500:
        raise Failure(f"answers with HTTP status {status}", retry_after=_retry_after(response))


def _retry_after(response: httpx.Response) -> float | None:
    given = response.headers.get("retry-after", "")
    # A date is possible, too; our own backoff is as good.
    return float(given) if given.isascii() and given.isdigit() else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
