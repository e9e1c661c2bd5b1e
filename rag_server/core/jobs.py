"""Long work as records: what was asked for, how far it is, who works on it.

A job outlives the server that works on it: one owner at a time holds it by a lease that it
renews while it lives. Whoever finds the lease run out takes the job over and goes on from
its checkpoint, so a handler does every step in a way that may be repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from rag_server.core.errors import RagError, Reason


class JobState(StrEnum):
    """Names of `ragrpc.v1.Job.State`; the last three are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is asked for. `tenant` None: of the whole server. `collection` by name, or empty.
    `spec` becomes JSON. The same `request_id` names the same job, if given."""

    tenant: str | None
    kind: str
    collection: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed; as in RagError."""

    reason: Reason
    message: str

    @classmethod
    def of(cls, error: Exception) -> "JobError":
        """Of whatever a handler raised; a defect does not show its text."""
        if isinstance(error, RagError):
            return cls(error.reason, error.message)
        return cls(Reason.INTERNAL, "the job met a defect of the server; its log says more")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of `total` steps of a phase; `total` 0: nobody knows."""

    phase: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the catalog holds it. `attempt` counts how often it was begun or taken over
    since it last got further. `error` before the end: it is being undone."""

    id: str
    tenant: str | None
    kind: str
    collection: str
    spec: Mapping[str, Any]
    state: JobState
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: Progress = field(default_factory=Progress)
    attempt: int = 0
    cancel_requested: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)
    error: JobError | None = None


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list: those of a tenant (None: of the whole server); empty: any."""

    tenant: str | None
    kind: str = ""
    collection: str = ""
    states: frozenset[JobState] = frozenset()


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in hand. `owner` is new with every claim: whoever held it before is refused.
    `inherited`: from one that died with it."""

    job: Job
    owner: str
    checkpoint: Mapping[str, Any]
    inherited: bool = False


class Interruption(StrEnum):
    """Why work must stop."""

    CANCELLED = "cancelled"
    LEASE_LOST = "lease lost"
    STOPPING = "stopping"


class JobInterrupted(Exception):
    """Raised in a handler that must stop; let it through."""

    def __init__(self, why: Interruption) -> None:
        super().__init__(str(why))
        self.why = why


class JobWork(Protocol):
    """A job from its handler's side."""

    @property
    def job(self) -> Job:
        """As it was when it was claimed."""
        ...

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """What was saved last, by this attempt or one before; empty at first."""
        ...

    def progress(self, phase: str, done: int, total: int) -> None:
        """Say how far it is; cheap, told to others once a second or so."""
        ...

    def save(self, checkpoint: Mapping[str, Any], *, further: bool = False) -> None:
        """Replace the checkpoint, which becomes JSON; durable on return. `further`: what was
        done by now is done for good, and the attempts so far were not in vain. Raises as
        `check` where the job belongs to somebody else."""
        ...

    def check(self) -> None:
        """Raise JobInterrupted when the job is cancelled or was taken over, or when the server
        stops. To be called between steps of some 100 ms."""
        ...


class JobHandler(Protocol):
    """Does the jobs of one kind, each in a thread of its own. Everything may be repeated from
    the last checkpoint, and must be harmless where another server has taken over."""

    @property
    def kind(self) -> str:
        """The kind of jobs that it does, e.g. "reindex"."""
        ...

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Go on from the checkpoint to the end; the result becomes JSON. Unavailable,
        Exhausted and DeadlineExceeded are tried again later, other errors are final."""
        ...

    def undo(self, work: JobWork) -> None:
        """Remove what a job that was cancelled or has failed left behind; again is fine.
        `work.check` does not raise for the cancellation here."""
        ...


class JobStore(Protocol):
    """Jobs of the catalog. A lease counts by the clock of the server that reads it: clocks
    must agree to a fraction of it, or work is done twice, though never finished twice."""

    def create(self, request: JobRequest, *, alone: bool = False) -> Job:
        """A new job, durable; the one there is under the same tenant and request id. Raises
        AlreadyExists when that one asked for something else (REQUEST_ID_REUSED), or with
        `alone` while one of the same tenant, kind and collection has not ended
        (JOB_IN_PROGRESS)."""
        ...

    def get(self, id: str) -> Job | None:
        """The job, whosever it is."""
        ...

    def page(self, query: JobQuery, before: str, limit: int) -> list[Job]:
        """Newest first, those older than the job of the id `before` (empty: from the newest)."""
        ...

    def claim(
        self, kinds: Sequence[str], lease: timedelta, *, server_wide: bool = False
    ) -> Claim | None:
        """A job of those kinds that nobody holds, now held and one attempt further: of the whole
        server before those of tenants, of the tenant with the fewest held before others, then
        the oldest. `server_wide`: only of the whole server."""
        ...

    def heartbeat(self, claim: Claim, progress: Progress, lease: timedelta) -> Job | None:
        """Renew the lease and tell the progress; None: it is somebody else's now."""
        ...

    def save(
        self,
        claim: Claim,
        checkpoint: Mapping[str, Any],
        progress: Progress,
        *,
        further: bool = False,
    ) -> bool:
        """Replace the checkpoint; with `further` this is the first attempt again. False: it is
        somebody else's now."""
        ...

    def condemn(self, claim: Claim, error: JobError) -> bool:
        """Note why it will fail once it is undone; False: it is somebody else's now."""
        ...

    def release(self, claim: Claim, *, again_in: timedelta, count: bool) -> bool:
        """Give it back to be claimed by anyone after a while; with `count` the attempt counts.
        False: it is somebody else's now."""
        ...

    def finish(
        self, claim: Claim, state: JobState, progress: Progress, result: Mapping[str, Any]
    ) -> bool:
        """End it; False: it is somebody else's now."""
        ...

    def request_cancel(self, id: str) -> Job | None:
        """Ask for its end, at once where it was never begun; no effect on one that has ended.
        None: there is no such job."""
        ...

    def prune(self, before: datetime, kind: str = "") -> int:
        """Remove jobs (of one kind) that ended before that time; number of jobs."""
        ...
