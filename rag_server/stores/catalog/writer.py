"""Group commit: one thread writes, and what arrives together shares a commit."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection

from rag_server.core.telemetry import Telemetry
from rag_server.stores.catalog.engine import Database, contended, translated, unavailable

T = TypeVar("T")
Work = Callable[[Connection], T]

# Writes that share a commit; bounds how long the first of them waits for the last.
_GROUP = 64
# How often a write is tried that others got in the way of.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    alone: bool = False
    tries: int = _TRIES
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs writes one after the other. The disk is flushed once per group, so many small
    writers cost little more than one."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="ragrpc-catalog", daemon=True)
        self._thread.start()

    def run(self, work: Work[T], *, alone: bool = False) -> T:
        """The result of `work`, which is durable. An error undoes this work only; when the
        commit itself fails, everyone in the group gets the error and nothing was written,
        unless it says that the outcome is unknown.

        `work` runs in the writer's thread, again where other servers got in its way, and must
        not call `run`. `alone`: no other server writes meanwhile, as `Database.writing`."""
        job = _Job(work, alone)
        with self._closing:
            if self._closed:
                raise unavailable()
            self._jobs.put(job)
        result: T = job.done.result()
        return result

    def ping(self) -> None:
        """Raises Unavailable when nothing can be written any more."""
        if self._closed or not self._thread.is_alive():
            raise unavailable()

    def close(self) -> None:
        """Finish what was asked for, then refuse; again is fine."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._commit([job, *self._waiting()])

    def _waiting(self) -> list[_Job]:
        jobs: list[_Job] = []
        while len(jobs) < _GROUP - 1:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _commit(self, jobs: Sequence[_Job]) -> None:
        try:
            self._telemetry.reached("commit.begin")
            with self._database.writing(alone=any(job.alone for job in jobs)) as connection:
                outcomes = [self._attempt(connection, job) for job in jobs]
                self._telemetry.reached("commit.inside")
            self._telemetry.reached("commit.durable")
        except BaseException as error:
            # Callers wait without a limit: whatever happened, they must learn of it.
            for job in jobs:
                job.done.set_exception(error)
            return
        for job, (result, failure) in zip(jobs, outcomes, strict=True):
            if failure is None:
                job.done.set_result(result)
            elif job.tries > 1 and contended(failure):
                self._commit([replace(job, tries=job.tries - 1)])
            else:
                job.done.set_exception(failure)

    def _attempt(self, connection: Connection, job: _Job) -> tuple[Any, Exception | None]:
        try:
            with translated(), connection.begin_nested():
                return job.work(connection), None
        except Exception as error:
            if not self._database.intact(connection):
                # The work before this one is gone, too, and more would stand by itself.
                raise
            return None, error
