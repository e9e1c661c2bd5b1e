"""The implementations under contract, and what their suites share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from rag_server.core.documents import ContentType, Embedding, NewChunk, NewDocument, Vector
from rag_server.core.protocols import Catalog, Pingable, VectorIndex
from rag_server.core.telemetry import Silent
from rag_server.core.values import Metadata, Span
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.location import Location, PostgresOptions
from rag_server.stores.catalog.schema import METADATA
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from rag_server.stores.migration import migrate
from tests.postgres_server import PostgresServer

DIMENSION = 8


class Store(Pingable, Protocol):
    def close(self) -> None: ...


class ClosableCatalog(Catalog, Store, Protocol): ...


class ClosableIndex(VectorIndex, Store, Protocol): ...


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


class Points(Silent):
    """The points of the write path, in the order reached."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def reached(self, point: str) -> None:
        self.seen.append(point)


def _sqlite(request: pytest.FixtureRequest) -> Location:
    directory: Path = request.getfixturevalue("tmp_path")
    return directory


def _postgres(request: pytest.FixtureRequest) -> Location:
    url: str = request.getfixturevalue("postgres_catalog")
    return PostgresOptions(url)


def _chroma(directory: Path, points: Points) -> ClosableIndex:
    return ChromaIndex(EmbeddedEngine(directory / "chroma"), points)


CATALOGS: Mapping[str, Callable[[pytest.FixtureRequest], Location]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
}
INDEXES: Mapping[str, Callable[[Path, Points], ClosableIndex]] = {"chroma-embedded": _chroma}


@pytest.fixture
def catalog_clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog_points() -> Points:
    return Points()


@pytest.fixture(scope="session")
def postgres_with_catalog(postgres_server: PostgresServer) -> str:
    """URL of a database with the tables of a catalog."""
    url = postgres_server.new_database()
    migrate(PostgresOptions(url))
    return url


@pytest.fixture
def postgres_catalog(postgres_with_catalog: str) -> str:
    """The same with empty tables, which is quicker than a new database."""
    with psycopg.connect(postgres_with_catalog) as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
    return postgres_with_catalog


@pytest.fixture(params=CATALOGS)
def catalog_opener(
    request: pytest.FixtureRequest, catalog_points: Points, catalog_clock: Clock
) -> Callable[[], ClosableCatalog]:
    """Opens the same catalog again and again, as restarts and second processes do."""
    location = CATALOGS[request.param](request)
    return lambda: open_catalog(location, catalog_points, clock=catalog_clock)


@pytest.fixture
def catalog_files(
    request: pytest.FixtureRequest, catalog_opener: object, tmp_path: Path
) -> Callable[[], list[bytes]]:
    """Everything that is on disk of what catalogs have stored, read when it is called."""
    on_postgres = request.node.callspec.params["catalog_opener"] == "postgres"

    def read() -> list[bytes]:
        directory = tmp_path
        if on_postgres:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            server.execute("CHECKPOINT")
            directory = server.directory
        return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]

    return read


@pytest.fixture
def catalog_under_test(catalog_opener: Callable[[], ClosableCatalog]) -> Iterator[ClosableCatalog]:
    catalog = catalog_opener()
    yield catalog
    catalog.close()


@pytest.fixture
def index_points() -> Points:
    return Points()


@pytest.fixture(params=INDEXES)
def index_opener(
    request: pytest.FixtureRequest, tmp_path: Path, index_points: Points
) -> Callable[[], ClosableIndex]:
    return lambda: INDEXES[request.param](tmp_path, index_points)


@pytest.fixture
def index_under_test(index_opener: Callable[[], ClosableIndex]) -> Iterator[ClosableIndex]:
    index = index_opener()
    yield index
    index.close()


@dataclass(frozen=True)
class Sketch:
    """A document said in a few words: each chunk is one word of its text."""

    id: str
    text: str = "alpha beta"
    title: str = "Title"
    metadata: Metadata = field(default_factory=dict)

    def drawn(self) -> NewDocument:
        words = self.text.split()
        starts = [len(" ".join(words[:n]).encode()) + (n > 0) for n in range(len(words))]
        chunks = [
            _chunk(self.id, n, start, word)
            for n, (start, word) in enumerate(zip(starts, words, strict=True))
        ]
        fingerprint = repr((self.text, self.title, self.metadata)).encode()
        return NewDocument(
            self.id,
            self.text,
            ContentType.PLAIN,
            self.title,
            self.metadata,
            fingerprint,
            b"recipe",
            chunks,
        )


@pytest.fixture
def catalog_document() -> Callable[..., NewDocument]:
    """Makes documents; chunk ids are `<document>:<word>`, equal words share a vector."""
    return lambda *args, **kwargs: Sketch(*args, **kwargs).drawn()


@pytest.fixture
def catalog_vector() -> Callable[[str], Vector]:
    """The unit vector of a word."""
    return vector_of


def vector_of(word: str) -> Vector:
    seed = int.from_bytes(sha256(word.encode()).digest()[:4])
    drawn = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


def _chunk(document_id: str, ordinal: int, start: int, word: str) -> NewChunk:
    size = len(word.encode())
    vector = vector_of(word)
    sentences = (vector[np.newaxis] * 127).astype(np.int8)
    return NewChunk(
        id=f"{document_id}:{word}",
        ordinal=ordinal,
        span=Span(start, start + size),
        text=word,
        tokens=1,
        sentences=(Span(0, size),),
        key=sha256(word.encode()).digest(),
        embedding=Embedding(vector, sentences),
    )
