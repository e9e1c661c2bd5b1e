"""Makes the same job again and again, once for all servers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from rag_server.core.errors import AlreadyExists
from rag_server.core.jobs import JobQuery, JobRequest, JobStore
from rag_server.core.telemetry import Telemetry

# Longest time between two looks, in seconds: another server may have made the last one.
_LOOK = 60.0


class JobSchedule:
    """Asks for a job whenever the newest of its kind (of its tenant) is `every` old, and none
    is open: servers that share a catalog take turns by themselves."""

    def __init__(
        self,
        store: JobStore,
        request: JobRequest,
        every: timedelta,
        telemetry: Telemetry,
        wake: Callable[[], None],
    ) -> None:
        """`wake` is called after a job was made."""
        self._store = store
        self._request = request
        self._every = every
        self._telemetry = telemetry
        self._wake = wake
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="ragrpc-schedule", daemon=True)

    def start(self) -> None:
        """Look now, and from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more jobs; again is fine."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = min(self._every.total_seconds(), _LOOK)
            try:
                pause = min(pause, self._look())
            except Exception as error:
                self._telemetry.failed("schedule", error)

    def _look(self) -> float:
        """Make the job if it is due; seconds until it is next."""
        query = JobQuery(self._request.tenant, self._request.kind, self._request.collection)
        newest = self._store.page(query, "", 1)
        wait = newest[0].created_at + self._every - datetime.now(UTC) if newest else timedelta(0)
        if wait > timedelta(0):
            return wait.total_seconds()
        try:
            self._store.create(self._request, alone=True)
        except AlreadyExists:
            # It takes longer than the time between two.
            return self._every.total_seconds()
        self._wake()
        return self._every.total_seconds()
