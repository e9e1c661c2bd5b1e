from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, text

from rag_server.core.errors import NotFound, Unavailable
from rag_server.core.telemetry import Silent
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.sqlite import SqliteDatabase
from rag_server.stores.catalog.writer import Writer


class Gate(Silent):
    """Holds the first commit back until it is opened, so that others gather behind it."""

    def __init__(self) -> None:
        self.commits = 0
        self.entered = Event()
        self.opened = Event()

    def reached(self, point: str) -> None:
        if point == "commit.begin":
            self.commits += 1
            self.entered.set()
            self.opened.wait(10)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = SqliteDatabase(tmp_path / "writer.sqlite3")
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
    yield database
    database.close()


@pytest.fixture
def writer(database: Database, gate: Gate) -> Iterator[Writer]:
    writer = Writer(database, gate)
    yield writer
    gate.opened.set()
    writer.close()


def insert(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})
        return number

    return work


def stored(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(text("SELECT n FROM numbers ORDER BY n")))


def together(
    writer: Writer, gate: Gate, works: list[Callable[[Connection], int]]
) -> list[Future[int]]:
    """Run `works` as one group: a first write holds the thread until all others wait."""
    with ThreadPoolExecutor(len(works) + 1) as threads:
        threads.submit(writer.run, lambda _: 0)
        assert gate.entered.wait(10)
        waiting = [threads.submit(writer.run, work) for work in works]
        while writer._jobs.qsize() < len(works):
            pass
        gate.opened.set()
    return waiting


def test_writes_that_wait_together_share_a_commit(
    writer: Writer, gate: Gate, database: Database
) -> None:
    results = together(writer, gate, [insert(n) for n in range(10)])
    assert [each.result() for each in results] == list(range(10))
    assert gate.commits == 2
    assert stored(database) == list(range(10))


def test_failed_write_does_not_fail_its_neighbours(
    writer: Writer, gate: Gate, database: Database
) -> None:
    def fail(connection: Connection) -> int:
        insert(50)(connection)
        raise NotFound("gone")

    first, failed, last = together(writer, gate, [insert(1), fail, insert(2)])
    assert (first.result(), last.result()) == (1, 2)
    assert isinstance(failed.exception(), NotFound)
    assert stored(database) == [1, 2]


def test_lost_transaction_acknowledges_nobody(
    writer: Writer, gate: Gate, database: Database
) -> None:
    def lose(connection: Connection) -> int:
        # What SQLite does by itself when the disk is full.
        connection.exec_driver_sql("ROLLBACK")
        return 0

    results = together(writer, gate, [insert(1), lose])
    assert [type(each.exception()) for each in results] == [Unavailable, Unavailable]
    assert stored(database) == []
    assert writer.run(insert(3)) == 3


def test_closed_writer_finishes_what_it_took_and_refuses_the_rest(
    database: Database, gate: Gate
) -> None:
    gate.opened.set()
    writer = Writer(database, gate)
    writer.run(insert(1))
    writer.close()
    writer.close()
    with pytest.raises(Unavailable):
        writer.run(insert(2))
    with pytest.raises(Unavailable):
        writer.ping()
    assert stored(database) == [1]
