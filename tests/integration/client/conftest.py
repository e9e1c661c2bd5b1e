from collections.abc import Iterator

import pytest

from rag_client import RagClient, RetryPolicy
from tests.integration.client.fake_server import FakeServer

FAST = RetryPolicy(initial_backoff=0.01, max_backoff=0.02)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    state = FakeServer()
    state.start()
    yield state
    state.stop()


@pytest.fixture
def rag(server: FakeServer) -> Iterator[RagClient]:
    with RagClient(server.address, retry=FAST) as client:
        yield client
