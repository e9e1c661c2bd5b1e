"""The clients of the benchmarks; each lives in a process of its own and takes the times there."""

import asyncio
import http.client
import threading
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from time import perf_counter, sleep

import grpc
import uvloop
from ragrpc.v1 import rag_service_pb2

from rag_client import (
    AsyncRagClient,
    Document,
    OutcomeKind,
    RagClient,
    RetryPolicy,
    TextDelta,
    Unavailable,
)
from tests.bench import corpus
from tests.bench.echo import METHOD, aio_channel, echo_method
from tests.serving import start

TOP_K = 10
# What the floors are made of; the default pipeline does more.
DENSE = "fast"
_ONCE = RetryPolicy(max_attempts=1)


class Questioner:
    """A blocking client that asks one question after the other."""

    def __init__(self, address: str, collection: str, echo: str = "") -> None:
        self._address = address
        self._collection = collection
        self._rag = RagClient(address)
        self._echo = echo_method(echo) if echo else None
        self._stages: list[dict[str, float]] = []

    def reply_bytes(self, question: str) -> int:
        """Size of the response message to a question."""
        request = rag_service_pb2.RetrieveRequest(
            collection=self._collection, query=question, top_k=TOP_K
        )
        with grpc.insecure_channel(self._address) as channel:
            method: Callable[..., bytes] = channel.unary_unary("/ragrpc.v1.RagService/Retrieve")
            return len(method(request.SerializeToString(), timeout=30))

    def retrieve(self, question: str) -> float:
        """Seconds of a Retrieve. Raises RuntimeError when it was cached or found too little."""
        began = perf_counter()
        found = self._rag.retrieve(self._collection, question, top_k=TOP_K, pipeline=DENSE)
        elapsed = perf_counter() - began
        if found.cache.query_embedding_hit or len(found.hits) != TOP_K:
            raise RuntimeError("the question was cached, or there are too few hits")
        self._stages.append({each.stage: each.milliseconds for each in found.timings})
        return elapsed

    def stages(self) -> list[dict[str, float]]:
        """Milliseconds by stage, as the server said, of each Retrieve so far."""
        return self._stages

    def echo(self, question: str) -> float:
        """Seconds of an echo whose request is as long as the question's."""
        assert self._echo is not None
        payload = question.encode()
        began = perf_counter()
        self._echo(payload, timeout=30)
        return perf_counter() - began

    def first_delta(self, question: str) -> float | None:
        """Seconds from the request to the first text of the answer; None without an answer."""
        began = perf_counter()
        elapsed = None
        with self._rag.stream_query(
            self._collection, question, top_k=TOP_K, pipeline=DENSE
        ) as events:
            for event in events:
                if elapsed is None and isinstance(event, TextDelta):
                    elapsed = perf_counter() - began
        return elapsed


class Crowd:
    """Eight callers on one event loop, for throughput."""

    CALLERS = 8

    def __init__(self, address: str, collection: str, echo: str) -> None:
        self._address = address
        self._collection = collection
        self._echo_address = echo
        self._numbers = count(1_000_000)

    def retrieve(self, seconds: float) -> float:
        """Uncached Retrieves per second."""
        return uvloop.run(self._retrieve(seconds))

    def echo(self, seconds: float) -> float:
        """Echoes per second."""
        return uvloop.run(self._echo(seconds))

    async def _retrieve(self, seconds: float) -> float:
        async with AsyncRagClient(self._address) as rag:

            async def call() -> None:
                await rag.retrieve(self._collection, self._question(), top_k=TOP_K, pipeline=DENSE)

            return await self._rate(call, seconds)

    async def _echo(self, seconds: float) -> float:
        async with aio_channel(self._echo_address) as channel:
            method: Callable[..., Awaitable[bytes]] = channel.unary_unary(METHOD)

            async def call() -> None:
                await method(self._question().encode(), timeout=30)

            return await self._rate(call, seconds)

    def _question(self) -> str:
        return corpus.question(next(self._numbers))

    async def _rate(self, call: Callable[[], Awaitable[None]], seconds: float) -> float:
        await call()
        began = perf_counter()
        answered = 0

        async def caller() -> None:
            nonlocal answered
            while perf_counter() - began < seconds:
                await call()
                answered += 1

        await asyncio.gather(*(caller() for _ in range(self.CALLERS)))
        return answered / (perf_counter() - began)


class Writer:
    """A client that writes pages of about five chunks, each of them new to the server."""

    _BATCH = 4

    def __init__(self, address: str, collection: str, first: int) -> None:
        self._rag = RagClient(address)
        self._collection = collection
        self._numbers = count(first)
        self._stopping = threading.Event()
        self._acknowledged = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def write_page(self) -> tuple[float, int]:
        """Seconds until one page is acknowledged, and its number of chunks."""
        page = self._page()
        began = perf_counter()
        result = self._rag.documents.upsert(self._collection, [page])
        elapsed = perf_counter() - began
        (outcome,) = result.outcomes
        if outcome.kind is not OutcomeKind.CREATED:
            raise RuntimeError(f"the page was {outcome.kind}")
        return elapsed, outcome.chunk_count

    def write_topics(self) -> None:
        """Store the language reference."""
        pages = [Document(id=name, text=text) for name, text in corpus.documents()]
        self._rag.documents.upsert(self._collection, pages).raise_for_failures()

    def begin(self, threads: int) -> None:
        """Write without a pause in `threads` threads; returns after the first acknowledgement."""
        self._threads = [threading.Thread(target=self._write) for _ in range(threads)]
        for thread in self._threads:
            thread.start()
        self._acknowledged.acquire()

    def end(self) -> None:
        """Stop writing."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        while not self._stopping.is_set():
            pages = [self._page() for _ in range(self._BATCH)]
            self._rag.documents.upsert(self._collection, pages).raise_for_failures()
            self._acknowledged.release()

    def _page(self) -> Document:
        number = next(self._numbers)
        return Document(id=f"page-{number}", text=corpus.page(number))


class Prober:
    """Asks what probes and scrapers ask, over connections that stay open."""

    def __init__(self, address: str, sidecar_port: int) -> None:
        self._rag = RagClient(address)
        self._http = http.client.HTTPConnection("127.0.0.1", sidecar_port, timeout=30)

    def health(self) -> float:
        """Seconds of a gRPC health check."""
        began = perf_counter()
        self._rag.health()
        return perf_counter() - began

    def get(self, path: str) -> float:
        """Seconds of a GET that must be answered with 200."""
        began = perf_counter()
        self._http.request("GET", path)
        response = self._http.getresponse()
        response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{path} was answered with {response.status}")
        return perf_counter() - began


class Starter:
    """Starts servers and waits for what it came for."""

    def first_hit(self, data_dir: Path, collection: str, question: str, expected: str) -> float:
        """Seconds from the start of the process to the correct hit in this client's hands."""
        began = perf_counter()
        server = start(data_dir)
        try:
            with RagClient(server.address, retry=_ONCE) as rag:
                while not _found(rag, collection, question, expected):
                    sleep(0.005)
                return perf_counter() - began
        finally:
            server.stop()


def _found(rag: RagClient, collection: str, question: str, expected: str) -> bool:
    try:
        found = rag.retrieve(collection, question, top_k=1)
    except Unavailable:
        return False
    if found.hits[0].document_id != expected:
        raise RuntimeError("the first hit is not the expected one")
    return True
