"""The implementations under contract, and what their suites share."""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
import psycopg
import pytest
import trustme
from psycopg.sql import SQL, Identifier

from rag_server.composition.index import open_index
from rag_server.core.content import ContentType
from rag_server.core.documents import Embedding, NewChunk, NewDocument, Vector
from rag_server.core.protocols import Catalog, CatalogAudit, InspectableIndex, Pingable
from rag_server.core.telemetry import Silent
from rag_server.core.values import Metadata, Span
from rag_server.settings import Settings
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.location import Location, PostgresOptions
from rag_server.stores.catalog.schema import METADATA
from rag_server.stores.migration import migrate
from rag_server.testing.words import vector_of
from tests.chroma_server import ChromaServer, chroma_server
from tests.postgres_server import PostgresServer
from tests.relay import Relay, relay

# Of the catalog that indexes under test belong to.
IDENTITY = "0123456789abcdef"


class Store(Pingable, Protocol):
    def close(self) -> None: ...


class ClosableCatalog(Catalog, Store, Protocol):
    @property
    def audit(self) -> CatalogAudit: ...


class ClosableIndex(InspectableIndex, Store, Protocol): ...


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


@dataclass(frozen=True)
class Place:
    """Where an index under test lives: a directory of its own, and servers for all tests."""

    directory: Path
    server: ChromaServer
    tls: Relay
    ca: Path

    def settings(self, **chroma: object) -> Settings:
        """Each test has a database of its own, which nobody has made."""
        database = self.directory.name + sha256(str(self.directory).encode()).hexdigest()[:8]
        given = {"database": re.sub("[^a-zA-Z0-9-]", "-", database), **chroma}
        return Settings.model_validate({"data": {"directory": self.directory}, "chroma": given})


def _embedded(place: Place) -> Settings:
    return place.settings()


def _server(place: Place) -> Settings:
    return place.settings(mode="server", port=place.server.port)


def _cloud(place: Place) -> Settings:
    return place.settings(
        mode="cloud",
        host="127.0.0.1",
        port=place.tls.port,
        ca=place.ca,
        api_key="secret-of-ours",
        tenant="acme",
    )


CATALOGS: Mapping[str, Callable[[pytest.FixtureRequest], Location]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
}
INDEXES: Mapping[str, Callable[[Place], Settings]] = {
    "chroma-embedded": _embedded,
    "chroma-server": _server,
    "chroma-cloud": _cloud,
}


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


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path_factory.mktemp("chroma-server")) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture(scope="session")
def chroma_tls(chroma: ChromaServer, authority: tuple[trustme.CA, Path]) -> Iterator[Relay]:
    """The same server, spoken to over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    with relay(chroma.port, context) as made:
        yield made


@pytest.fixture
def index_place(
    tmp_path: Path, chroma: ChromaServer, chroma_tls: Relay, authority: tuple[trustme.CA, Path]
) -> Place:
    return Place(tmp_path, chroma, chroma_tls, authority[1])


@pytest.fixture(params=INDEXES)
def index_settings(request: pytest.FixtureRequest, index_place: Place) -> Settings:
    return INDEXES[request.param](index_place)


@pytest.fixture
def index_opener(index_settings: Settings, index_points: Points) -> Callable[[], ClosableIndex]:
    def opened() -> ClosableIndex:
        index = open_index(index_settings, IDENTITY, index_points)
        index.refresh()
        return index

    return opened


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


def entry(word: str) -> str:
    """What an index holds for all chunks of that word."""
    return _key(word).hex()


def _key(word: str) -> bytes:
    return sha256(word.encode()).digest()


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
        key=_key(word),
        embedding=Embedding(vector, sentences, sentences),
    )
