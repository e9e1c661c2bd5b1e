"""What only a catalog on a server can meet: other writers, and connections that break."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from rag_server.core.backups import SavedCollection
from rag_server.core.content import ContentType
from rag_server.core.documents import GenerationSettings, NewDocument
from rag_server.core.errors import AlreadyExists, PreconditionFailed, Reason, Unavailable
from rag_server.core.telemetry import SILENT, Silent
from rag_server.stores.catalog import commit_marks, postgres
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from rag_server.stores.catalog.load import Place
from rag_server.stores.catalog.location import PostgresOptions, open_database
from rag_server.stores.catalog.schema import METADATA
from rag_server.stores.catalog.writer import Writer
from rag_server.stores.migration import migrate
from tests.postgres_server import PostgresServer
from tests.tcp_proxy import TcpProxy

MINILM = GenerationSettings("minilm")


@pytest.fixture(scope="session")
def template(postgres_server: PostgresServer) -> str:
    """Name of a database with empty tables."""
    url = postgres_server.new_database()
    migrate(PostgresOptions(url))
    return url.rsplit("/", 1)[1]


@pytest.fixture
def url(postgres_server: PostgresServer, template: str) -> str:
    return postgres_server.new_database(template)


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., SqlCatalog]]:
    """Opens catalogs on one database, which are closed at the end."""
    with ExitStack() as stack:

        def open_one(telemetry: Silent = SILENT, url: str = url) -> SqlCatalog:
            catalog = open_catalog(PostgresOptions(url, connect_timeout=2.0), telemetry)
            stack.callback(catalog.close)
            return catalog

        yield open_one


def blank(id: str) -> NewDocument:
    return NewDocument(id, id, ContentType.PLAIN, "", {}, id.encode(), b"recipe", [])


def sessions(url: str) -> list[str]:
    """States of everybody's sessions in the database but this one."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT state FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        ).fetchall()
    return [state for (state,) in rows]


def end_sessions(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


def test_migrations_make_what_the_schema_declares(postgres_server: PostgresServer) -> None:
    shapes = []
    for make in (METADATA.create_all, None):
        url = postgres_server.new_database()
        if make is None:
            migrate(PostgresOptions(url))
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        if make is not None:
            make(engine)
        shapes.append(shape(engine))
        engine.dispose()
    assert shapes[0] == shapes[1]
    assert shapes[0].keys() == METADATA.tables.keys()


def shape(engine: Any) -> dict[str, object]:
    found = inspect(engine)
    with engine.connect() as connection:
        indexes = connection.execute(
            text("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        ).all()
    return {
        name: (
            {c["name"]: (repr(c["type"]), c["nullable"]) for c in found.get_columns(name)},
            sorted(definition for table, definition in indexes if table == name),
            [key["referred_table"] for key in found.get_foreign_keys(name)],
        )
        for name in set(found.get_table_names()) - {"alembic_version"}
    }


def test_catalogs_that_begin_together_make_one_schema(postgres_server: PostgresServer) -> None:
    options = PostgresOptions(postgres_server.new_database())
    with ThreadPoolExecutor(3) as threads:
        for catalog in list(threads.map(open_catalog, [options] * 3)):
            assert catalog.collections.page("acme", "", 9) == []
            catalog.close()


def test_older_catalog_asks_to_be_migrated(postgres_server: PostgresServer) -> None:
    options = PostgresOptions(postgres_server.new_database())
    migrate(options, "0001")
    with pytest.raises(PreconditionFailed, match="ragrpc-server migrate"):
        open_catalog(options)


def test_reads_leave_no_transaction_open(url: str, opened: Callable[..., SqlCatalog]) -> None:
    catalog = opened()
    catalog.collections.create("acme", "docs", "", MINILM)
    catalog.collections.get("acme", "docs")
    catalog.collections.get("acme", "docs", counts=True)
    catalog.ping()
    assert set(sessions(url)) == {"idle"}


def test_sessions_that_ended_while_idle_are_replaced(
    url: str, opened: Callable[..., SqlCatalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_FRESH_SECONDS", 0.0)
    catalog = opened()
    docs = catalog.collections.create("acme", "docs", "", MINILM)
    end_sessions(url)
    assert catalog.collections.get("acme", "docs") == docs
    end_sessions(url)
    assert catalog.documents.write(docs, [blank("a")]).revision == 1


def create(catalog: SqlCatalog) -> None:
    catalog.collections.create("acme", "docs", "", MINILM)


def publish(catalog: SqlCatalog) -> None:
    """Show a restored collection."""
    now = datetime.now(UTC)
    saved = SavedCollection("acme", "docs", "", 1, now, 0, None, 1, MINILM, 0, 0, "")
    place = Place("acme", "docs", saved)
    catalog.loader.publish({catalog.loader.begin(place): place}, replace=False)


@pytest.mark.parametrize("take", [create, publish])
def test_a_name_that_another_server_takes_meanwhile_is_taken(
    url: str, opened: Callable[..., SqlCatalog], take: Callable[[SqlCatalog], None]
) -> None:
    catalog = opened()
    with psycopg.connect(url) as other, ThreadPoolExecutor(1) as threads:
        other.execute(
            "INSERT INTO collections (tenant, name, description, revision, generation, created_at)"
            " VALUES ('acme', 'docs', '', 0, 1, 0)"
        )
        taking = threads.submit(take, catalog)
        wait_for_a_lock(url)
        other.commit()
        with pytest.raises(AlreadyExists) as caught:
            taking.result()
    assert caught.value.reason == Reason.COLLECTION_EXISTS


def wait_for_a_lock(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while connection.execute(query).fetchone() is None:
            pass


def test_commits_of_two_servers_to_one_collection_are_in_one_order(
    opened: Callable[..., SqlCatalog],
) -> None:
    one, two = opened(), opened()
    docs = one.collections.create("acme", "docs", "", MINILM)
    with ThreadPoolExecutor(8) as threads:
        commits = list(
            threads.map(
                lambda n: (one, two)[n % 2].documents.write(docs, [blank(f"d{n}")]), range(40)
            )
        )
    assert sorted(commit.revision for commit in commits) == list(range(1, 41))
    assert one.collections.get("acme", "docs", counts=True).document_count == 40


def test_writers_who_wait_for_each_other_both_succeed(url: str) -> None:
    meeting = Barrier(2)
    tries = []

    def cross(first: int, second: int) -> Callable[[Connection], int]:
        def work(connection: Connection) -> int:
            tries.append(first)
            for number in (first, second):
                connection.execute(text(f"UPDATE numbers SET n = n + 1 WHERE id = {number}"))
                if len(tries) <= 2 and number == first:
                    meeting.wait(10)
            return first

        return work

    databases = [open_database(PostgresOptions(url)) for _ in range(2)]
    with databases[0].changing() as connection:
        connection.execute(text("CREATE TABLE numbers (id INTEGER, n INTEGER)"))
        connection.execute(text("INSERT INTO numbers VALUES (1, 0), (2, 0)"))
    one, two = Writer(databases[0], SILENT), Writer(databases[1], SILENT)
    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(one.run, cross(1, 2)), threads.submit(two.run, cross(2, 1))]
        assert [each.result() for each in done] == [1, 2]
    with databases[0].reading() as connection:
        assert connection.execute(text("SELECT n FROM numbers")).scalars().all() == [2, 2]
    for writer, database in zip((one, two), databases, strict=True):
        writer.close()
        database.close()
    assert len(tries) == 3


def test_removals_wait_for_writers_of_other_servers(
    url: str, opened: Callable[..., SqlCatalog]
) -> None:
    catalog, database = opened(), open_database(PostgresOptions(url))
    docs = catalog.collections.create("acme", "docs", "", MINILM)
    with ThreadPoolExecutor(1) as threads:
        with database.writing():
            forgetting = threads.submit(catalog.feed.forget, docs.view)
            wait_for_a_lock(url)
            assert not forgetting.done()
        forgetting.result(10)
    database.close()


class AtPoint(Silent):
    """Does something when a point of the write path is reached, once it is told what."""

    def __init__(self, point: str) -> None:
        self._point = point
        self.act: Callable[[], object] = lambda: None

    def reached(self, point: str) -> None:
        if point == self._point:
            self.act()


def test_a_commit_that_never_arrived_is_not_acknowledged(
    url: str, opened: Callable[..., SqlCatalog]
) -> None:
    telemetry = AtPoint("commit.inside")
    catalog = opened(telemetry)
    docs = catalog.collections.create("acme", "docs", "", MINILM)
    telemetry.act = lambda: end_sessions(url)
    with pytest.raises(Unavailable) as caught:
        catalog.documents.write(docs, [blank("a")])
    assert "outcome" not in caught.value.metadata
    telemetry.act = lambda: None
    assert catalog.documents.page(docs.view, "", 9) == []
    assert catalog.documents.write(docs, [blank("a")]).revision == 1


def through(proxy: TcpProxy, url: str) -> str:
    return url.replace(f":{url.rsplit(':', 1)[1].split('/')[0]}/", f":{proxy.port}/")


def test_a_commit_whose_answer_got_lost_is_found_out(
    url: str, postgres_server: PostgresServer, opened: Callable[..., SqlCatalog]
) -> None:
    with TcpProxy(postgres_server.port) as proxy:
        catalog = opened(url=through(proxy, url))
        docs = catalog.collections.create("acme", "docs", "", MINILM)
        proxy.cut_at(b"COMMIT\0")
        assert catalog.documents.write(docs, [blank("a")]).revision == 1
        assert proxy.cuts == 1
        assert catalog.collections.get("acme", "docs").revision == 1


def test_an_outcome_that_cannot_be_found_out_is_said_to_be_unknown(
    url: str,
    postgres_server: PostgresServer,
    opened: Callable[..., SqlCatalog],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commit_marks, "_PATIENCE_SECONDS", 0.5)
    with TcpProxy(postgres_server.port) as proxy:
        catalog = opened(url=through(proxy, url))
        docs = catalog.collections.create("acme", "docs", "", MINILM)
        proxy.cut_at(b"COMMIT\0", refuse=True)
        with pytest.raises(Unavailable) as caught:
            catalog.documents.write(docs, [blank("a")])
        proxy.accept()
        assert caught.value.metadata["outcome"] == "unknown"
        assert catalog.documents.write(docs, [blank("a")]).kinds == ["UNCHANGED"]


def test_a_password_is_in_no_text(url: str) -> None:
    options = PostgresOptions(url.replace("postgres@", "postgres:s3cret@"), "s3cret")
    assert "s3cret" not in repr(options)
    refused = PostgresOptions("postgresql://nobody:s3cret@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as caught:
        open_catalog(refused)
    assert "s3cret" not in str(caught.value)
    assert caught.value.reason == Reason.NOT_READY
