"""Chroma as a server, our own or Chroma Cloud."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, TypeVar

from rag_server.core.call import Deadline
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.health import BreakerState
from rag_server.resilience.clients import ClientPool, PoolPolicy
from rag_server.resilience.dependency import Dependency
from rag_server.stores.chroma.address import Address
from rag_server.stores.chroma.session import Session

if TYPE_CHECKING:
    from rag_server.stores.chroma.http_api import HttpApi

T = TypeVar("T")

_NEVER = Deadline(inf)


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds of one request; most results of a search and records of a write."""

    request_seconds: float
    write_seconds: float
    most_results: int
    most_records: int


class Connection(Session):
    """A session over a connection of its own."""

    def __init__(self, api: "HttpApi", tenant: str, database: str) -> None:
        super().__init__(api, tenant, database)
        self._http = api

    def allow(self, seconds: float) -> None:
        """Time for each request from now on."""
        self._http.allow(seconds)

    def check(self, timeout: float) -> None:
        """Ask for a sign of life. Raises Failure."""
        from rag_server.stores.chroma.http_api import translated

        self.allow(timeout)
        with translated():
            self.api.heartbeat()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class RemoteEngine:
    """Implements `Engine`: a pool of connections, behind retries and a circuit breaker.
    Making it asks nobody, so that a server starts while Chroma is away."""

    shared = True

    def __init__(
        self, address: Address, limits: Limits, pool: PoolPolicy, dependency: Dependency
    ) -> None:
        # Here, where nobody waits for an answer yet: it takes a second.
        from rag_server.stores.chroma import http_api

        self._translated = http_api.translated
        self._limits = limits
        self._dependency = dependency
        self._records: int | None = None
        trust = ssl.create_default_context(cafile=address.ca) if address.tls else None
        self._pool = ClientPool(
            "Chroma",
            lambda: Connection(http_api.HttpApi(address, trust), address.tenant, address.database),
            pool,
        )

    @property
    def most_results(self) -> int:
        """As the kind of server allows."""
        return self._limits.most_results

    @property
    def breaker(self) -> BreakerState:
        """State of the circuit breaker."""
        return self._dependency.state

    def most_records(self) -> int:
        """As the server says, within what one message may hold."""
        if self._records is None:
            said = self.read(lambda session: session.api.get_max_batch_size(), _NEVER)
            self._records = min(said, self._limits.most_records)
        return self._records

    def read(self, work: Callable[[Session], T], deadline: Deadline) -> T:
        """Done again where it failed and may succeed, within the deadline."""
        return self._call(work, deadline, self._limits.request_seconds)

    def write(self, work: Callable[[Session], T]) -> T:
        """The same with more time: all changes are idempotent."""
        return self._call(work, _NEVER, self._limits.write_seconds)

    def check(self) -> None:
        """Raises Unavailable while the circuit breaker is not closed."""
        self._dependency.check()

    def ping(self) -> None:
        """Raises Unavailable when Chroma gives no sign of life."""
        self.read(lambda session: session.api.heartbeat(), _NEVER)

    def close(self) -> None:
        """Close all connections; again is fine."""
        self._pool.close()

    def _call(self, work: Callable[[Session], T], deadline: Deadline, timeout: float) -> T:
        from chromadb.errors import ChromaError

        def once(seconds: float) -> T:
            with self._pool.borrowed(seconds) as session, self._translated():
                session.allow(seconds)
                return work(session)

        try:
            return self._dependency.call(once, deadline, timeout)
        except ChromaError as error:
            message = "the vector index refuses what is asked of it"
            raise Unavailable(message, Reason.NOT_READY) from error
