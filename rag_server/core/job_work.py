"""A claimed job from its handler's side."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

from rag_server.core.jobs import Claim, Interruption, Job, JobInterrupted, JobStore, Progress


class HeldWork:
    """Implements `JobWork`. The handler's thread works with it, the runner's heart renews it."""

    def __init__(
        self, store: JobStore, claim: Claim, lease: timedelta, claimed_at: float, stopping: Event
    ) -> None:
        """`claimed_at`: `monotonic()` from before the claim. `stopping`: the server stops."""
        self.claim = claim
        self.state = claim.job.progress
        self._store = store
        self._lease = lease
        self._valid_until = claimed_at + lease.total_seconds()
        self._stopping = stopping
        self._checkpoint = claim.checkpoint
        self._cancelled = claim.job.cancel_requested
        self._undoing = False
        self._attempt = claim.job.attempt

    @property
    def job(self) -> Job:
        """As it was when it was claimed."""
        return self.claim.job

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What was saved last."""
        return self._checkpoint

    @property
    def attempt(self) -> int:
        """Which one it is since the job last got further."""
        return self._attempt

    def progress(self, phase: str, done: int, total: int) -> None:
        """Kept until the next beat of the heart."""
        self.state = Progress(phase, done, total)

    def save(self, checkpoint: Mapping[str, Any], *, further: bool = False) -> None:
        """Replace the checkpoint; durable on return."""
        if not self._store.save(self.claim, checkpoint, self.state, further=further):
            raise self._lost()
        self._checkpoint = checkpoint
        if further:
            self._attempt = 1

    def check(self) -> None:
        """Raise JobInterrupted when the work must stop."""
        # By this server's own clock: one that could not renew it assumes that others have it.
        if monotonic() >= self._valid_until:
            raise self._lost()
        if self._stopping.is_set():
            raise JobInterrupted(Interruption.STOPPING)
        if self._cancelled and not self._undoing:
            raise JobInterrupted(Interruption.CANCELLED)

    def beat(self) -> None:
        """Renew the lease, tell the progress, and learn of a cancellation."""
        asked_at = monotonic()
        job = self._store.heartbeat(self.claim, self.state, self._lease)
        if job is None:
            self._valid_until = 0.0
        else:
            self._valid_until = asked_at + self._lease.total_seconds()
            self._cancelled = job.cancel_requested

    def undoing(self) -> None:
        """From now on a cancellation is being obeyed."""
        self._undoing = True
        self.state = Progress("undo")

    def _lost(self) -> JobInterrupted:
        self._valid_until = 0.0
        return JobInterrupted(Interruption.LEASE_LOST)
