"""The global options of a command line, and the client that they describe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer

from rag_client import RagClient, Tls
from rag_client._sending import TIMEOUT, UPSERT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Session:
    """Where the server is, who asks, and how results are printed."""

    address: str
    api_key: str | None = field(repr=False)
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    allow_insecure_key: bool
    timeout: float | None
    json: bool

    @contextmanager
    def client(self) -> Iterator[RagClient]:
        """A client that is closed at the end of the block."""
        with RagClient(
            self.address,
            api_key=self.api_key,
            tls=self._tls(),
            allow_insecure_key=self.allow_insecure_key,
            timeout=self.timeout or TIMEOUT,
            upsert_timeout=self.timeout or UPSERT_TIMEOUT,
        ) as client:
            yield client

    def _tls(self) -> Tls | None:
        parts = (self.tls_ca, self.tls_cert, self.tls_key)
        return Tls(*parts) if any(parts) else None


def session_of(context: typer.Context) -> Session:
    """The session that the root command made."""
    session = context.find_object(Session)
    assert session is not None
    return session
