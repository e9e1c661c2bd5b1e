from collections.abc import Iterator
from itertools import count
from pathlib import Path

import grpc
import pytest

from rag_client import RagClient
from tests.serving import ServerProcess, serving

_names = count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without authentication, shared: each test uses a collection of its own."""
    with serving(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def rag(server: ServerProcess) -> Iterator[RagClient]:
    with RagClient(server.address) as client:
        yield client


@pytest.fixture
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.address) as opened:
        yield opened


@pytest.fixture
def collection(rag: RagClient) -> str:
    """A new, empty collection."""
    return rag.collections.create(f"c{next(_names)}").name
