"""A bounded pool of threads for one class of work."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rag_server.core.call import Deadline
from rag_server.core.errors import DeadlineExceeded, Exhausted, Reason, Unavailable
from rag_server.resilience.job import Job

T = TypeVar("T")

# Weight of the newest job in the running mean of service times.
_NEWEST = 0.1
_LEAST_PUSHBACK_MS, _MOST_PUSHBACK_MS = 20, 10_000


class BoundedPool:
    """Workers with admission: at most `threads` jobs run and `queue` jobs wait.

    A running job holds its permit until its thread has really ended, even when nobody
    waits for it any more: abandoned work still occupies the machine. A waiting one
    gives it back at once. The caller's context variables are visible to the work.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        queue: int,
        initializer: Callable[[], None] | None = None,
    ) -> None:
        """`initializer` is called first in each thread."""
        self._name = name
        self._threads = threads
        self._queue = queue
        self._executor = ThreadPoolExecutor(threads, f"ragrpc-{name}", initializer)
        self._lock = threading.Lock()
        self._closed = False
        self._running = 0
        # Ordered; a dict so that a job that nobody waits for is removed at once.
        self._pending: dict[Job[Any], None] = {}
        self._service_seconds = 0.0

    @property
    def name(self) -> str:
        """Class of work, e.g. "read"."""
        return self._name

    @property
    def running(self) -> int:
        """Jobs that occupy a thread."""
        return self._running

    @property
    def waiting(self) -> int:
        """Jobs that wait for a thread."""
        return len(self._pending)

    async def run(self, work: Callable[[], T], deadline: Deadline) -> T:
        """Run in a thread.

        A job that has not begun when it is cancelled or its time is up never begins; one
        that has is abandoned at once and ends by itself, on cancellation at its next
        `Deadline.check`. Raises Exhausted when the queue is full, DeadlineExceeded,
        Unavailable once closed, and what `work` raises.
        """
        deadline.check(self._name)
        job = Job(work, deadline)
        self._admit(job)
        try:
            await job.wait()
        finally:
            if not job.done:
                self._withdraw(job)
        if job.done:
            return job.result()
        raise self._late() if deadline.remaining() <= 0.0 else self._shut_down()

    def close(self, wait: bool) -> None:
        """Refuse new jobs, drop those that wait, and with `wait` block until the rest has ended."""
        with self._lock:
            self._closed = True
            dropped, self._pending = self._pending, {}
        for job in dropped:
            job.notify()
        self._executor.shutdown(wait=wait)

    def _admit(self, job: Job[Any]) -> None:
        with self._lock:
            if self._closed:
                raise self._shut_down()
            if self._running < self._threads:
                self._executor.submit(self._serve, job)
                self._running += 1
            elif len(self._pending) < self._queue:
                self._pending[job] = None
            else:
                raise self._overloaded()

    def _withdraw(self, job: Job[Any]) -> None:
        with self._lock:
            self._pending.pop(job, None)

    def _serve(self, first: Job[Any]) -> None:
        job: Job[Any] | None = first
        while job is not None:
            started = time.perf_counter()
            job.perform(self._name)
            following = self._next(time.perf_counter() - started)
            # After the permit is free, or the caller's next job might find none.
            job.notify()
            job = following

    def _next(self, served_seconds: float) -> Job[Any] | None:
        with self._lock:
            mean = self._service_seconds or served_seconds
            self._service_seconds = mean + _NEWEST * (served_seconds - mean)
            job = next(iter(self._pending), None)
            if job is None:
                self._running -= 1
            else:
                del self._pending[job]
            return job

    def _overloaded(self) -> Exhausted:
        drained = 1000.0 * self._service_seconds * (self._queue + self._threads) / self._threads
        # Those who are turned away together shall not return together.
        pushback = int(drained * random.uniform(0.5, 1.5))  # noqa: S311 - no secret depends on it
        return Exhausted(
            f"too many calls wait for the {self._name} pool",
            Reason.OVERLOADED,
            {"pool": self._name},
            retry_after_ms=min(max(pushback, _LEAST_PUSHBACK_MS), _MOST_PUSHBACK_MS),
        )

    def _late(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"the deadline ran out in the {self._name} pool",
            Reason.DEADLINE_EXCEEDED,
            {"stage": self._name},
        )

    def _shut_down(self) -> Unavailable:
        return Unavailable("the server is shutting down", Reason.NOT_READY)
