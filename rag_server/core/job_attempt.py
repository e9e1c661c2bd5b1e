"""One attempt at a job, from its claim to what became of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rag_server.core.errors import DeadlineExceeded, Exhausted, Reason, Unavailable
from rag_server.core.job_work import HeldWork
from rag_server.core.jobs import (
    Interruption,
    JobError,
    JobHandler,
    JobInterrupted,
    JobState,
    JobStore,
)
from rag_server.core.telemetry import Telemetry

_TRANSIENT = (Unavailable, Exhausted, DeadlineExceeded)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=60)


class Attempt:
    """Runs the handler, or lets it undo, and tells the store. Whatever the store cannot be told
    is repeated by whoever finds the lease run out."""

    def __init__(
        self,
        store: JobStore,
        handler: JobHandler,
        work: HeldWork,
        max_attempts: int,
        retrying: timedelta,
        telemetry: Telemetry,
    ) -> None:
        """Given up are jobs that kill those who work on them, at the end of `max_attempts`, and
        those whose parts stay away, after pauses of `retrying` in all."""
        self._store = store
        self._handler = handler
        self._work = work
        self._max_attempts = max_attempts
        self._retrying = retrying
        self._telemetry = telemetry

    def perform(self) -> None:
        """Do all of it; raises nothing."""
        self._telemetry.worked(self._handler.kind, JobState.RUNNING)
        try:
            self._settled()
        except Exception as error:
            self._telemetry.failed("job", error)

    def _settled(self) -> None:
        try:
            self._run()
        except JobInterrupted as interrupted:
            self._interrupted(interrupted.why)
        except Exception as error:
            self._telemetry.failed("job", error)
            self._failed(error)

    def _run(self) -> None:
        self._telemetry.reached("job.claimed")
        job = self._work.job
        if job.error is not None:
            self._undo(JobState.FAILED)
        elif self._work.claim.inherited and job.attempt > self._max_attempts:
            message = f"the job was begun {job.attempt - 1} times and never came to its end"
            self._fail(JobError(Reason.JOB_GAVE_UP, message))
        else:
            # Not stopped before it looks: it may have been done when its server died.
            result = self._handler.run(self._work)
            self._telemetry.reached("job.done")
            self._end(JobState.SUCCEEDED, result)

    def _interrupted(self, why: Interruption) -> None:
        if why is Interruption.CANCELLED:
            self._undo(JobState.CANCELLED)
        elif why is Interruption.STOPPING:
            self._give_back(timedelta(0), count=False)

    def _failed(self, error: Exception) -> None:
        attempt = self._work.attempt
        paused = sum(map(_pause, range(1, attempt)), timedelta(0))
        if isinstance(error, _TRANSIENT) and paused < self._retrying:
            self._give_back(_pause(attempt), count=True)
        else:
            self._fail(JobError.of(error))

    def _fail(self, error: JobError) -> None:
        if self._store.condemn(self._work.claim, error):
            self._undo(JobState.FAILED)

    def _undo(self, state: JobState) -> None:
        self._work.undoing()
        try:
            self._handler.undo(self._work)
        except JobInterrupted as interrupted:
            self._interrupted(interrupted.why)
        except Exception as error:
            self._telemetry.failed("job", error)
            self._give_back(_pause(self._work.attempt), count=True)
        else:
            self._telemetry.reached("job.undone")
            self._end(state, {})

    def _end(self, state: JobState, result: Mapping[str, Any]) -> None:
        if self._store.finish(self._work.claim, state, self._work.state, result):
            self._telemetry.worked(self._handler.kind, state)

    def _give_back(self, again_in: timedelta, *, count: bool) -> None:
        if self._store.release(self._work.claim, again_in=again_in, count=count):
            self._telemetry.worked(self._handler.kind, JobState.QUEUED)


def _pause(attempt: int) -> timedelta:
    """How long to wait after it."""
    return min(_LONGEST_PAUSE, (1 << min(attempt - 1, 10)) * _FIRST_PAUSE)
