"""Two servers that share a PostgreSQL catalog and a Chroma server."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chroma_server import ChromaServer, chroma_server
from tests.postgres_server import PostgresServer, postgres
from tests.serving import ServerProcess, serving

_SERVERS = 2


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that runs."""

    servers: list[ServerProcess]
    catalog: PostgresServer
    index: ChromaServer

    @property
    def addresses(self) -> list[str]:
        """Targets of channels."""
        return [server.address for server in self.servers]


@contextmanager
def fleet(scratch: Path, plant: str = "") -> Iterator[Fleet]:
    """The first server makes the schema, the second finds it; both have the planted fault."""
    with ExitStack() as stack:
        catalog = stack.enter_context(postgres())
        index = stack.enter_context(chroma_server(scratch / "chroma"))
        shared = {
            "catalog": {"url": catalog.new_database()},
            "chroma": {"mode": "server", "port": index.port},
        }
        command = [sys.executable, "-m", "tests.chaos.server", "--settings", json.dumps(shared)]
        command += ["--plant", plant] if plant else []
        servers = [
            stack.enter_context(serving(scratch / f"server-{number}", command=command))
            for number in range(_SERVERS)
        ]
        yield Fleet(servers, catalog, index)
