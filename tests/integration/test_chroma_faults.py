"""A server over a Chroma server that fails in every way that it can, and comes back."""

import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag_client import Breaker, Document, Health, RagClient, RetryPolicy, Unavailable
from rag_client.types import DegradationKind
from tests.chroma_server import ChromaServer, chroma_server
from tests.relay import Relay, relay
from tests.serving import ServerProcess, serving

SOON_SECONDS = 60.0
# A call of these has time enough for one unanswered request and an answer without the index.
DEADLINE_SECONDS = 20.0
SMALL, LARGE = "small", "large"
ONCE = RetryPolicy(max_attempts=1)
TEXTS = ("Cats purr.", "Hens lay eggs.", "Ants build hills.")


def environment(port: int) -> dict[str, str]:
    return {
        "RAGRPC_CHROMA__MODE": "server",
        "RAGRPC_CHROMA__PORT": str(port),
        "RAGRPC_CHROMA__DATABASE": "ours",
        "RAGRPC_CHROMA__REQUEST_TIMEOUT_SECONDS": "1.5",
        "RAGRPC_CHROMA__WRITE_TIMEOUT_SECONDS": "5",
        "RAGRPC_CHROMA__BREAKER_FAILURES": "3",
        "RAGRPC_CHROMA__BREAKER_RESET_SECONDS": "0.5",
        # What is in memory is served without any index.
        "RAGRPC_RESIDENT__MEMORY_BYTES": "0",
        "RAGRPC_RETRIEVAL__EXACT_SCAN_LIMIT": "8",
        "RAGRPC_RETRIEVAL__TAIL_LIMIT": "8",
    }


@dataclass(frozen=True)
class House:
    """A server, its Chroma, and what stands between them."""

    server: ServerProcess
    chroma: ChromaServer
    relay: Relay
    rag: RagClient

    def breaker(self) -> Breaker:
        parts = {each.name: each for each in self.rag.server_info().components}
        return parts["vector_index"].breaker

    def fetch(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.server.sidecar_port}{path}"
        with urllib.request.urlopen(url) as response:
            return response.status, response.read().decode()

    def metric(self, name: str) -> float:
        found = re.search(
            rf'^{name}{{dependency="chroma"}} (\S+)$', self.fetch("/metrics")[1], re.M
        )
        return float(found[1]) if found else 0.0

    def found(self, collection: str) -> set[str]:
        """What a search through the index finds; nothing where it went without."""
        try:
            answer = self.rag.retrieve(
                collection, "cats", top_k=50, timeout=DEADLINE_SECONDS, pipeline="fast"
            )
        except Unavailable:
            return set()
        return set() if answer.degradations else {hit.document_id for hit in answer.hits}


def fill(rag: RagClient) -> None:
    for name, count in ((SMALL, 3), (LARGE, 12)):
        rag.collections.create(name)
        texts = [f"{TEXTS[n % 3]} Number {n}." for n in range(count)]
        rag.documents.upsert(name, [Document(f"d{n}", text) for n, text in enumerate(texts)])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    path = tmp_path_factory.mktemp("faults")
    with (
        chroma_server(path / "chroma") as chroma,
        relay(chroma.port) as between,
        serving(path / "data", env=environment(between.port)) as server,
        RagClient(server.address, retry=ONCE) as rag,
    ):
        fill(rag)
        yield House(server, chroma, between, rag)


@pytest.fixture
def well(house: House) -> House:
    """The house with everything in the index."""
    eventually(lambda: house.breaker() is Breaker.CLOSED)
    eventually(lambda: len(house.found(LARGE)) >= 12 and len(house.found(SMALL)) >= 3)
    return house


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def kill(house: House) -> None:
    house.chroma.kill()


def pause(house: House) -> None:
    house.chroma.pause()


def refuse(house: House) -> None:
    house.relay.refusing = True
    house.relay.drop()


def slow_down(house: House) -> None:
    house.relay.delay = 30.0


def kill_and_wipe(house: House) -> None:
    house.chroma.kill()
    shutil.rmtree(house.chroma.path)


def start(house: House) -> None:
    house.chroma.start()


def resume(house: House) -> None:
    house.chroma.resume()


def let_through(house: House) -> None:
    house.relay.refusing, house.relay.delay = False, 0.0


FAULTS = {
    "killed": (kill, start),
    "paused": (pause, resume),
    "refusing": (refuse, let_through),
    "slow": (slow_down, let_through),
    "emptied": (kill_and_wipe, start),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_answers_go_on_and_everything_comes_back(well: House, fault: str) -> None:
    rag, (fail, heal) = well.rag, FAULTS[fault]
    before = {name: well.found(name) for name in (SMALL, LARGE)}
    fail(well)
    try:
        degraded = rag.retrieve(
            SMALL, "Which animal purrs?", top_k=50, timeout=DEADLINE_SECONDS, pipeline="fast"
        )
        with pytest.raises(Unavailable) as caught:
            rag.retrieve(LARGE, "cats", timeout=DEADLINE_SECONDS, pipeline="fast")
        by_words = rag.retrieve(LARGE, "cats", timeout=DEADLINE_SECONDS)
        eventually(lambda: well.breaker() is not Breaker.CLOSED)
        shown = well.metric("ragrpc_breaker_state")
        quick = [refusal(rag) for _ in range(5)]
        ready, _ = well.fetch("/readyz")
        health = rag.health()
        for name in (SMALL, LARGE):
            rag.documents.upsert(name, [Document(f"after-{fault}", f"Eels swim, {fault}.")])
        written = rag.retrieve(SMALL, "eels", top_k=50, timeout=DEADLINE_SECONDS, pipeline="fast")
    finally:
        heal(well)
    assert [each.kind for each in degraded.degradations] == [DegradationKind.INDEX_AWAY]
    assert {hit.document_id for hit in degraded.hits} == before[SMALL]
    assert degraded.hits[0].text.startswith("Cats purr")
    assert caught.value.reason == "NOT_READY"
    assert by_words.hits
    skipped = {each.kind for each in by_words.degradations}
    assert DegradationKind.RETRIEVER_SKIPPED in skipped
    assert shown in (1.0, 2.0)
    assert all(each.retry_after is not None and each.retry_after > 0 for each in quick)
    assert (ready, health) == (200, Health.SERVING)
    assert f"after-{fault}" in {hit.document_id for hit in written.hits}
    after = {name: ids | {f"after-{fault}"} for name, ids in before.items()}
    eventually(lambda: {name: well.found(name) for name in (SMALL, LARGE)} == after)
    eventually(lambda: well.breaker() is Breaker.CLOSED)
    assert well.metric("ragrpc_breaker_state") == 0.0


def refusal(rag: RagClient) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        rag.retrieve(LARGE, "cats", timeout=DEADLINE_SECONDS, pipeline="fast")
    return caught.value


def test_a_restart_between_two_calls_is_made_up_for_by_a_retry(well: House) -> None:
    """Connections that were cut while nobody used them are not the next caller's problem."""
    well.relay.drop()
    answers = [
        well.rag.retrieve(LARGE, "cats", timeout=DEADLINE_SECONDS, pipeline="fast")
        for _ in range(5)
    ]
    assert [each.degradations for each in answers] == [()] * 5


def test_a_server_starts_before_its_chroma_and_stops_while_it_hangs(tmp_path: Path) -> None:
    chroma = ChromaServer(tmp_path / "chroma")
    with (
        serving(tmp_path / "data", env=environment(chroma.port)) as server,
        RagClient(server.address, retry=ONCE) as rag,
    ):
        fill(rag)
        away = rag.retrieve(SMALL, "cats", timeout=DEADLINE_SECONDS, pipeline="fast")
        with pytest.raises(Unavailable):
            rag.retrieve(LARGE, "cats", timeout=DEADLINE_SECONDS, pipeline="fast")
        assert [each.kind for each in away.degradations] == [DegradationKind.INDEX_AWAY]
        assert rag.health() is Health.SERVING
        chroma.start()
        try:
            house = House(server, chroma, Relay(chroma.port), rag)
            eventually(lambda: len(house.found(LARGE)) == 12 and len(house.found(SMALL)) == 3)
            chroma.pause()
            rag.documents.upsert(SMALL, [Document("late", "Written while Chroma hangs.")])
            assert server.stop(timeout=SOON_SECONDS) == 0
        finally:
            chroma.kill()
