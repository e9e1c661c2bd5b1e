"""A client that asks with and without filters, and what it waits for."""

from collections.abc import Callable, Mapping
from time import perf_counter, sleep
from urllib.request import urlopen

import psutil

from rag_client import DenseRetriever, F, Filter, PipelineSpec, RagClient, Retrieval
from tests.bench import corpus
from tests.bench.clients import TOP_K
from tests.bench.clustered import COLLECTION
from tests.bench.echo import echo_method
from tests.serving import ServerProcess

QUESTIONS = 40
# Share of the chunks that pass, by the name of what is measured.
FILTERS: Mapping[str, Filter | None] = {
    "unfiltered": None,
    "filtered50": F("half") == True,  # noqa: E712 - this is how a filter is spelled
    "filtered1": F("percent") == 7,
    "filtered01": F("permille") == 7,
}
_DENSE = PipelineSpec(DenseRetriever())
_LOAD_SECONDS = 600.0
_INDEX_SECONDS = 2_400.0


class Filtering:
    """A blocking client. Its questions come again and again, so that their vectors are cached."""

    def __init__(self, address: str, echo: str = "") -> None:
        self._rag = RagClient(address)
        self._echo = echo_method(echo) if echo else None

    def dense(self, name: str, number: int) -> float:
        """Seconds of a Retrieve under a filter of `FILTERS`."""
        return self._timed(number, spec=_DENSE, filter=FILTERS[name])

    def default(self, number: int) -> float:
        """Seconds of a Retrieve by the pipeline `default`."""
        return self._timed(number)

    def echo(self, number: int) -> float:
        """Seconds of an echo whose request is as long as the question's."""
        assert self._echo is not None
        payload = question(number).encode()
        began = perf_counter()
        self._echo(payload, timeout=30)
        return perf_counter() - began

    def reply_bytes(self) -> int:
        """About the size of a response, by the text in it."""
        found = self._retrieve(0, spec=_DENSE)
        return sum(len(hit.text) + len(hit.document_id) + 250 for hit in found.hits)

    def found(self, number: int) -> list[str]:
        """Ids of the documents that are found without a filter."""
        return [hit.document_id for hit in self._retrieve(number, spec=_DENSE).hits]

    def paths(self, name: str) -> tuple[str, ...]:
        """Paths that serve under a filter."""
        return self._retrieve(0, spec=_DENSE, filter=FILTERS[name]).provenance.served_by

    def _timed(self, number: int, **asked: object) -> float:
        began = perf_counter()
        self._retrieve(number, **asked)
        return perf_counter() - began

    def _retrieve(self, number: int, **asked: object) -> Retrieval:
        found: Retrieval = self._rag.retrieve(
            COLLECTION,
            question(number),
            top_k=TOP_K,
            **asked,  # type: ignore[arg-type]  # each caller spells its own
        )
        return found


def question(number: int) -> str:
    """One of a few."""
    return corpus.answerable(number % QUESTIONS)


def wait_until_loaded(server: ServerProcess, vector_bytes: int) -> None:
    """Wait until so many bytes of vectors are in memory. Raises TimeoutError."""
    wanted = 'ragrpc_resident_bytes{kind="vectors"}'
    _wait(server, wanted, lambda value: value >= vector_bytes, _LOAD_SECONDS)


def wait_until_indexed(server: ServerProcess) -> None:
    """Wait until the index of words has applied all commits, which takes minutes where it is not
    there yet; call it after the vectors are in memory, when its lag is known. Raises
    TimeoutError."""
    lag = 'ragrpc_index_lag_revisions{index="lexical"}'
    _wait(server, lag, lambda value: value == 0, _INDEX_SECONDS)


def _wait(
    server: ServerProcess, metric: str, enough: Callable[[float], bool], seconds: float
) -> None:
    until = perf_counter() + seconds
    while perf_counter() < until:
        with urlopen(f"http://127.0.0.1:{server.sidecar_port}/metrics", timeout=30) as response:
            lines = response.read().decode().splitlines()
        values = [float(line.split()[-1]) for line in lines if line.startswith(metric)]
        if values and enough(values[0]):
            return
        sleep(0.05)
    raise TimeoutError(f"{metric} is not what it should become")


def resident_gigabytes(server: ServerProcess) -> float:
    """Memory that the server takes, in GB of 10^9 bytes."""
    rss: int = psutil.Process(server.process.pid).memory_info().rss
    return rss / 1e9
