"""A Chroma server that is away, or answers like one that does not work."""

from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from rag_server.composition.index import open_index
from rag_server.core.call import Deadline
from rag_server.core.documents import IndexSettings
from rag_server.core.errors import Unavailable
from rag_server.core.health import BreakerState
from rag_server.settings import Settings
from rag_server.stores.chroma import ChromaIndex
from tests.chroma_server import free_port

VECTOR = np.full(4, 0.5, np.float32)


class Stub:
    """Answers every request in the same way, and counts."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"[]"
        self.headers: Mapping[str, str] = {}
        self.asked: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.asked.append(self.path)
                self.send_response(stub.status)
                for name, value in {**stub.headers, "Content-Length": len(stub.body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(stub.body)

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., ChromaIndex]]:
    indexes: list[ChromaIndex] = []

    def make(port: int, **chroma: object) -> ChromaIndex:
        given = {"mode": "server", "port": port, "retry_base_seconds": 0.001, **chroma}
        settings = Settings.model_validate({"data": {"directory": tmp_path}, "chroma": given})
        indexes.append(open_index(settings, "0123456789abcdef"))
        return indexes[-1]

    yield make
    for each in indexes:
        each.close()


def test_nothing_is_taken_for_unknown_while_nobody_answers(
    opened: Callable[..., ChromaIndex],
) -> None:
    index = opened(free_port(), breaker_failures=100)
    assert (index.names(), index.applied("c1-g1")) == ([], 0)
    for work in (
        index.refresh,
        index.ping,
        lambda: index.search("c1-g1", VECTOR, 1, Deadline(30.0)),
        lambda: index.remove("c1-g1", ["a"]),
        lambda: index.drop("c1-g1"),
        lambda: index.prepare("c1-g1", IndexSettings()),
    ):
        with pytest.raises(Unavailable):
            work()


def test_the_breaker_opens_and_says_so(opened: Callable[..., ChromaIndex], stub: Stub) -> None:
    index = opened(stub.port, breaker_failures=2, retry_attempts=1, breaker_reset_seconds=60)
    index.refresh()
    assert [index.breaker] == [BreakerState.CLOSED]
    assert index.search("c1-g1", VECTOR, 1, Deadline(30.0)) == []
    stub.status = 500
    for _ in range(2):
        with pytest.raises(Unavailable, match="HTTP status 500"):
            index.refresh()
    assert [index.breaker] == [BreakerState.OPEN]
    with pytest.raises(Unavailable) as caught:
        index.search("c1-g1", VECTOR, 1, Deadline(30.0))
    assert caught.value.retry_after_ms is not None
    assert len(stub.asked) == 3


@pytest.mark.parametrize(
    ("status", "body", "headers", "attempts", "said"),
    [
        (401, b"{}", {}, 1, "refuses the API key"),
        (403, b"{}", {}, 1, "refuses the API key"),
        (503, b"no", {}, 3, "HTTP status 503"),
        (429, b"no", {"Retry-After": "0"}, 3, "HTTP status 429"),
        (429, b"no", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 3, "HTTP status 429"),
        (200, b"<html>", {}, 3, "cannot be read"),
        (400, b'{"error": "InvalidArgumentError", "message": "secret"}', {}, 1, "refuses what"),
        (404, b"secret", {}, 1, "refuses what is asked"),
    ],
)
def test_what_the_server_answers_decides(
    opened: Callable[..., ChromaIndex],
    stub: Stub,
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    attempts: int,
    said: str,
) -> None:
    stub.status, stub.body, stub.headers = status, body, headers
    with pytest.raises(Unavailable, match=said) as caught:
        opened(stub.port).refresh()
    assert "secret" not in caught.value.message
    assert len(stub.asked) == attempts
