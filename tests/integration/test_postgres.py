"""Servers whose catalog is on PostgreSQL, and what happens while that is away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from rag_client import (
    DeadlineExceeded,
    Document,
    F,
    RagClient,
    RagError,
    Retrieval,
    RetryPolicy,
    Unauthenticated,
    Unavailable,
)
from rag_server.core.principal import Role
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.location import PostgresOptions
from tests.chroma_server import chroma_server
from tests.postgres_server import PostgresServer, postgres
from tests.serving import ServerProcess, serving, start
from tests.waiting import eventually

ONCE = RetryPolicy(max_attempts=1)
# Longer than the server's own time-outs, shorter than anybody's patience.
SECONDS = 10.0
TEXT = "Cats purr when they are content. Dogs bark at strangers in the night."


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    """A PostgreSQL server that may be stopped."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def url(database: PostgresServer) -> str:
    return database.new_database()


@pytest.fixture(scope="module")
def servers(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    """Two servers on one catalog and one index, each with a data directory of its own."""
    with ExitStack() as stack:
        index = stack.enter_context(chroma_server(tmp_path_factory.mktemp("chroma")))
        env = {
            "RAGRPC_CATALOG__URL": url,
            "RAGRPC_CATALOG__STATEMENT_TIMEOUT_SECONDS": "1",
            "RAGRPC_CHROMA__MODE": "server",
            "RAGRPC_CHROMA__PORT": str(index.port),
        }
        yield [
            stack.enter_context(serving(tmp_path_factory.mktemp(name) / "data", env=env))
            for name in ("one", "two")
        ]


@pytest.fixture(scope="module")
def clients(servers: list[ServerProcess]) -> Iterator[list[RagClient]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(RagClient(each.address, retry=ONCE, timeout=SECONDS))
            for each in servers
        ]


def test_two_servers_see_what_either_writes(clients: list[RagClient]) -> None:
    one, two = clients
    one.collections.create("shared")
    for number in range(6):
        (one, two)[number % 2].documents.upsert("shared", [Document(f"d{number}", TEXT)])
    for rag in clients:
        assert [each.id for each in rag.documents.list("shared")] == [f"d{n}" for n in range(6)]
        found = rag.retrieve("shared", "cats", top_k=10)
        assert {hit.document_id for hit in found.hits} == {f"d{n}" for n in range(6)}
    two.documents.delete("shared", ["d0"])
    assert "d0" not in {hit.document_id for hit in one.retrieve("shared", "cats", top_k=10).hits}


def test_two_servers_have_in_memory_what_either_writes(clients: list[RagClient]) -> None:
    clients[0].collections.create("followed")
    clients[0].documents.upsert("followed", [Document("first", TEXT, metadata={"turn": 0})])

    def read(rag: RagClient, since: int) -> Retrieval:
        recent = F("turn") >= since
        return rag.retrieve("followed", "cats", top_k=50, pipeline="fast", filter=recent)

    for rag in clients:
        eventually(lambda: read(rag, 0).provenance.served_by == ("exact",))  # noqa: B023  # called here
    turns = {"first": 0}
    for turn in range(1, 16):
        writer, reader = clients[turn % 2], clients[(turn + 1) % 2]
        name = f"d{turn % 6}"
        writer.documents.upsert("followed", [Document(name, TEXT, metadata={"turn": turn})])
        turns[name] = turn
        if turn % 4 == 0:
            reader.documents.delete("followed", [f"d{turn % 5}"])
            turns.pop(f"d{turn % 5}", None)
        for rag in (reader, writer):
            found = read(rag, turn - 4)
            expected = {name for name, last in turns.items() if last >= turn - 4}
            assert {hit.document_id for hit in found.hits} == expected
            assert found.provenance.served_by == ("exact",)


def test_a_server_with_an_index_of_its_own_is_refused_beside_others(
    servers: list[ServerProcess], url: str, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="another server uses this catalog"):
        start(tmp_path / "data", env={"RAGRPC_CATALOG__URL": url})


def test_a_key_is_known_at_once_and_revoked_within_a_second(
    servers: list[ServerProcess], url: str
) -> None:
    catalog = open_catalog(PostgresOptions(url))
    record, key = catalog.keys.create("acme", frozenset({Role.READER, Role.WRITER}), "ci", None)
    with RagClient(servers[0].address, api_key=key, retry=ONCE, timeout=SECONDS) as rag:
        assert list(rag.collections.list()) == []
        catalog.keys.revoke(record.id)
        catalog.close()
        time.sleep(1.0)
        with pytest.raises(Unauthenticated):
            rag.collections.list().__next__()


@dataclass
class Load:
    """One writer and one reader per client, until the end; what they were told."""

    clients: list[RagClient]
    collection: str
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    errors: list[RagError] = field(default_factory=list)
    slowest: float = 0.0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        self._threads = [
            threading.Thread(target=work, args=(number, rag))
            for number, rag in enumerate(self.clients)
            for work in (self._write, self._read)
        ]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for each in self._threads:
            each.join()

    def _write(self, number: int, rag: RagClient) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            document = Document(f"w{number}-{count}", f"{number} {count} {TEXT}")
            told = (
                self.acknowledged
                if self._attempt(partial(self._upsert, rag, document))
                else self.refused
            )
            told.add(document.id)

    def _upsert(self, rag: RagClient, document: Document) -> None:
        rag.documents.upsert(self.collection, [document]).raise_for_failures()

    def _read(self, number: int, rag: RagClient) -> None:
        while not self._stopping.is_set():
            self._attempt(lambda: rag.retrieve(self.collection, "cats", top_k=3))

    def _attempt(self, call: Callable[[], object]) -> bool:
        began = time.monotonic()
        try:
            call()
        except RagError as error:
            self.errors.append(error)
            self._stopping.wait(0.02)
            return False
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)
        return True


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def serving_says(server: ServerProcess) -> bool:
    with grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        status = stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS).status
    return bool(status == health_pb2.HealthCheckResponse.SERVING)


FAULTS: dict[str, tuple[Callable[[PostgresServer], None], Callable[[PostgresServer], None]]] = {
    "stopped": (PostgresServer.stop, PostgresServer.start),
    "killed": (PostgresServer.kill, PostgresServer.start),
    "paused": (PostgresServer.pause, PostgresServer.resume),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_while_postgres_is_away_calls_fail_soon_and_nothing_is_lost(
    fault: str, database: PostgresServer, servers: list[ServerProcess], clients: list[RagClient]
) -> None:
    away, back = FAULTS[fault]
    clients[0].collections.create(fault)
    with Load(clients, fault) as load:
        wait_until(lambda: len(load.acknowledged) > 3)
        away(database)
        wait_until(lambda: not any(map(serving_says, servers)))
        before = len(load.errors)
        wait_until(lambda: len(load.errors) > before + 3)
        back(database)
        wait_until(lambda: all(map(serving_says, servers)))
        after = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > after + 3)
    kinds = {type(error) for error in load.errors}
    assert kinds <= {Unavailable, DeadlineExceeded}
    assert {error.reason for error in load.errors} <= {"NOT_READY", "DEADLINE_EXCEEDED"}
    assert load.slowest < SECONDS
    for rag in clients:
        stored = {each.id: each.chunk_count for each in rag.documents.list(fault)}
        assert load.acknowledged <= stored.keys() <= load.acknowledged | load.refused
        for name, count in stored.items():
            chunks = list(rag.documents.chunks(fault, name))
            assert [chunk.ordinal for chunk in chunks] == list(range(count))
            assert count > 0


def test_a_key_is_not_called_wrong_while_nobody_can_know(
    database: PostgresServer, servers: list[ServerProcess]
) -> None:
    unknown = f"rk_00000000_{'A' * 43}"
    with RagClient(servers[0].address, api_key=unknown, retry=ONCE, timeout=SECONDS) as rag:
        database.pause()
        try:
            wait_until(lambda: not serving_says(servers[0]))
            with pytest.raises(Unavailable):
                rag.server_info()
        finally:
            database.resume()
    wait_until(lambda: serving_says(servers[0]))


def test_a_server_whose_catalog_is_not_there_does_not_start(tmp_path: Path) -> None:
    nowhere = "postgresql://postgres:s3cret@127.0.0.1:1/ragrpc"
    with pytest.raises(RuntimeError) as refused:
        start(tmp_path / "data", env={"RAGRPC_CATALOG__URL": nowhere})
    said = str(refused.value).splitlines()
    assert said[-1] == "ragrpc-server: the catalog is not available"
    assert "s3cret" not in str(refused.value)
