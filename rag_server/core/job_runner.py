"""Works on the catalog's jobs in threads of its own, and keeps their leases alive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Condition, Event, Thread
from time import monotonic

from rag_server.core.errors import Reason, Unavailable
from rag_server.core.job_attempt import Attempt
from rag_server.core.job_work import HeldWork
from rag_server.core.jobs import JobHandler, JobStore
from rag_server.core.telemetry import Telemetry

# Seconds between two looks for jobs that other servers made or left behind.
_POLL = 1.0


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """`threads` jobs of tenants at a time, and one more of the whole server; a `lease` is
    renewed every `beat`, and found run out by others at its end. A job that kills its servers
    is begun `max_attempts` times; one whose parts are away is tried again after pauses of
    `retrying` in all. `grace`: how long a stop waits."""

    threads: int
    lease: timedelta
    beat: timedelta = timedelta(seconds=1)
    max_attempts: int = 5
    retrying: timedelta = timedelta(minutes=10)
    grace: timedelta = timedelta(seconds=10)


class JobRunner:
    """Claims jobs of the kinds that there are handlers for. However many jobs tenants ask for,
    and however long these take, the server's own work has a place."""

    def __init__(
        self,
        store: JobStore,
        handlers: Sequence[JobHandler],
        options: RunnerOptions,
        telemetry: Telemetry,
        prepare_thread: Callable[[], None] = lambda: None,
        may_begin: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`prepare_thread` is called first in each thread that works on a job. `may_begin` says
        whether jobs of a kind are this server's at the moment, rather than another's."""
        self._store = store
        self._handlers = {handler.kind: handler for handler in handlers}
        self._options = options
        self._telemetry = telemetry
        self._prepare_thread = prepare_thread
        self._may_begin = may_begin
        self._changed = Condition()
        self._works: dict[HeldWork, Thread] = {}
        self._woken = False
        self._stopping = Event()
        self._nudged = Event()
        self._ended = False
        self._claimer = Thread(target=self._claim_all, name="ragrpc-jobs", daemon=True)
        self._heart = Thread(target=self._beat_all, name="ragrpc-jobs-heart", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        self._heart.start()
        self._claimer.start()

    def wake(self) -> None:
        """A job was made or is to be cancelled: look at once."""
        self._nudged.set()
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Stop the work in hand and give it back, so that another server may take it at once.
        What does not stop within the grace is taken over once its lease has run out."""
        self._stopping.set()
        self.wake()
        if not self._claimer.is_alive():
            return
        self._claimer.join()
        until = monotonic() + self._options.grace.total_seconds()
        for thread in list(self._works.values()):
            thread.join(max(0.0, until - monotonic()))
        self._ended = True
        self._nudged.set()
        self._heart.join()

    def ping(self) -> None:
        """Raises Unavailable when no job is begun or kept any more."""
        if not (self._claimer.is_alive() and self._heart.is_alive()):
            raise Unavailable("jobs are not worked on any more", Reason.NOT_READY)

    def _claim_all(self) -> None:
        while not self._stopping.is_set():
            try:
                claimed = len(self._works) <= self._options.threads and self._claim()
            except Exception as error:
                self._telemetry.failed("jobs", error)
                claimed = False
            if not claimed:
                self._rest()

    def _rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._woken, _POLL)
            self._woken = False

    def _claim(self) -> bool:
        claimed_at = monotonic()
        kinds = [kind for kind in self._handlers if self._may_begin(kind)]
        of_tenants = sum(work.job.tenant is not None for work in list(self._works))
        full = of_tenants >= self._options.threads
        claim = self._store.claim(kinds, self._options.lease, server_wide=full)
        if claim is None:
            return False
        work = HeldWork(self._store, claim, self._options.lease, claimed_at, self._stopping)
        thread = Thread(target=self._work, args=(work,), name="ragrpc-job", daemon=True)
        self._works[work] = thread
        thread.start()
        return True

    def _work(self, work: HeldWork) -> None:
        try:
            self._prepare_thread()
            handler, options = self._handlers[work.job.kind], self._options
            tries = options.max_attempts, options.retrying
            Attempt(self._store, handler, work, *tries, self._telemetry).perform()
        finally:
            del self._works[work]
            self.wake()

    def _beat_all(self) -> None:
        while not self._ended:
            self._nudged.wait(self._options.beat.total_seconds())
            self._nudged.clear()
            for work in list(self._works):
                self._beat(work)

    def _beat(self, work: HeldWork) -> None:
        try:
            work.beat()
        except Exception as error:
            # The lease lasts for some more tries; then the work stops by itself.
            self._telemetry.failed("jobs", error)
