"""Jobs of the catalog: who may work on what is decided by conditional updates."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    Update,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from rag_server.core.errors import AlreadyExists, Reason
from rag_server.core.jobs import Claim, Job, JobError, JobQuery, JobRequest, JobState, Progress
from rag_server.stores.catalog.engine import Database, insert_missing
from rag_server.stores.catalog.instant import Clock, micros_of, to_micros
from rag_server.stores.catalog.job_row import (
    digest_of,
    encode,
    job_of,
    new_row,
    progress_columns,
)
from rag_server.stores.catalog.schema import jobs, leases
from rag_server.stores.catalog.writer import Writer

# Who creates holds the row of this name, so that two servers do not both find a place free.
_CREATING = "jobs.create"
# Free jobs that are tried for, where other servers may be faster.
_TRIED = 20


class SqlJobs:
    """Implements `JobStore`. Reads do not write: an idle server leaves the disk alone."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def create(self, request: JobRequest, *, alone: bool = False) -> Job:
        """A new job, or the one that the same request made before."""
        digest = digest_of(request)

        def work(connection: Connection) -> Job:
            _hold(connection, self._now())
            known = _of_request(connection, request)
            if known is not None:
                return _same(known, digest)
            if alone:
                _refuse_second(connection, request)
            row = new_row(request, digest, self._now())
            connection.execute(insert(jobs).values(row))
            return job_of(connection.execute(_by_id(row["id"])).one())

        return self._writer.run(work)

    def get(self, id: str) -> Job | None:
        """The job, whosever it is."""
        with self._database.reading() as connection:
            row = connection.execute(_by_id(id)).one_or_none()
        return job_of(row) if row else None

    def page(self, query: JobQuery, before: str, limit: int) -> list[Job]:
        """Newest first: ids ascend with the time of creation."""
        rows = (
            select(jobs).where(_asked(query)).order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        )
        if before:
            rows = rows.where(jobs.c.id < before)
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(rows.limit(limit))]

    def claim(
        self, kinds: Sequence[str], lease: timedelta, *, server_wide: bool = False
    ) -> Claim | None:
        """One that nobody holds."""
        for free in self._free(kinds, server_wide=server_wide):
            claim = self._writer.run(partial(self._take, id=free, lease=lease))
            if claim is not None:
                return claim
        return None

    def heartbeat(self, claim: Claim, progress: Progress, lease: timedelta) -> Job | None:
        """Renew the lease; None where it is somebody else's now."""

        def work(connection: Connection) -> Job | None:
            now = self._now()
            changed = {"lease_until": now + micros_of(lease), **progress_columns(progress)}
            if not _changed(connection, _held(claim).values(updated_at=now, **changed)):
                return None
            return job_of(connection.execute(_by_id(claim.job.id)).one())

        return self._writer.run(work)

    def save(
        self,
        claim: Claim,
        checkpoint: Mapping[str, Any],
        progress: Progress,
        *,
        further: bool = False,
    ) -> bool:
        """Replace the checkpoint."""
        columns = {"checkpoint": encode(checkpoint), **progress_columns(progress)}
        if further:
            columns["attempt"] = 1
        return self._update(claim, **columns)

    def condemn(self, claim: Claim, error: JobError) -> bool:
        """Note why it will fail."""
        return self._update(claim, error_reason=error.reason.value, error_message=error.message)

    def release(self, claim: Claim, *, again_in: timedelta, count: bool) -> bool:
        """Give it back; the end of the lease says when it may be claimed again."""
        return self._update(
            claim,
            state=JobState.QUEUED.value,
            owner=None,
            lease_until=self._now() + micros_of(again_in),
            attempt=jobs.c.attempt - (0 if count else 1),
        )

    def finish(
        self, claim: Claim, state: JobState, progress: Progress, result: Mapping[str, Any]
    ) -> bool:
        """End it."""
        return self._update(
            claim,
            state=state.value,
            result=encode(result),
            finished_at=self._now(),
            owner=None,
            lease_until=None,
            **progress_columns(progress),
        )

    def request_cancel(self, id: str) -> Job | None:
        """Ask for its end; what was never begun ends here."""

        def work(connection: Connection) -> Job | None:
            now = self._now()
            open_one = update(jobs).where(jobs.c.id == id, jobs.c.finished_at.is_(None))
            unbegun = open_one.where(jobs.c.started_at.is_(None))
            ended = {"state": JobState.CANCELLED.value, "finished_at": now}
            if not _changed(connection, unbegun.values(**ended, **_cancelled(now))):
                asked = open_one.where(jobs.c.cancel_requested_at.is_(None))
                connection.execute(asked.values(_cancelled(now)))
                # What waits to be tried again need not wait for its undoing.
                waiting = open_one.where(jobs.c.owner.is_(None))
                connection.execute(waiting.values(lease_until=None))
            row = connection.execute(_by_id(id)).one_or_none()
            return job_of(row) if row else None

        return self._writer.run(work)

    def prune(self, before: datetime, kind: str = "") -> int:
        """Remove what ended before that time."""
        old = delete(jobs).where(jobs.c.finished_at < to_micros(before))
        if kind:
            old = old.where(jobs.c.kind == kind)
        return self._writer.run(lambda connection: connection.execute(old).rowcount)

    def _free(self, kinds: Sequence[str], *, server_wide: bool) -> list[str]:
        now = self._now()
        busy = _busy(now)
        query = (
            select(jobs.c.id)
            .outerjoin(busy, busy.c.tenant == jobs.c.tenant)
            .where(jobs.c.kind.in_(kinds), _claimable(now))
            .order_by(jobs.c.tenant.is_not(None), func.coalesce(busy.c.held, 0))
            .order_by(jobs.c.created_at, jobs.c.id)
            .limit(_TRIED)
        )
        if server_wide:
            query = query.where(jobs.c.tenant.is_(None))
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def _take(self, connection: Connection, id: str, lease: timedelta) -> Claim | None:
        now, owner = self._now(), secrets.token_hex(8)
        before = connection.scalar(select(jobs.c.owner).where(jobs.c.id == id))
        taken = (
            update(jobs)
            .where(jobs.c.id == id, _claimable(now))
            .values(
                state=JobState.RUNNING.value,
                owner=owner,
                lease_until=now + micros_of(lease),
                attempt=jobs.c.attempt + 1,
                updated_at=now,
            )
        )
        if not _changed(connection, taken):
            return None
        first = update(jobs).where(jobs.c.id == id, jobs.c.started_at.is_(None))
        connection.execute(first.values(started_at=now))
        row = connection.execute(_by_id(id)).one()
        return Claim(job_of(row), owner, json.loads(row.checkpoint), before is not None)

    def _update(self, claim: Claim, **columns: Any) -> bool:
        change = _held(claim).values(updated_at=self._now(), **columns)
        return self._writer.run(lambda connection: _changed(connection, change))

    def _now(self) -> int:
        return to_micros(self._clock())


def _hold(connection: Connection, now: int) -> None:
    """Wait for whoever creates a job, and keep others waiting until the end of this transaction."""
    place = {"name": _CREATING, "owner": "", "lease_until": now}
    connection.execute(insert_missing(leases, "name").values(place))
    connection.execute(update(leases).where(leases.c.name == _CREATING).values(lease_until=now))


def _of_request(connection: Connection, request: JobRequest) -> Row[Any] | None:
    if request.request_id is None:
        return None
    query = select(jobs).where(_of(request.tenant), jobs.c.request_id == request.request_id)
    return connection.execute(query).one_or_none()


def _same(row: Row[Any], digest: bytes) -> Job:
    if row.request_digest != digest:
        message = "this request_id was used for another request: take a new one"
        raise AlreadyExists(message, Reason.REQUEST_ID_REUSED, {"job": row.id})
    return job_of(row)


def _refuse_second(connection: Connection, request: JobRequest) -> None:
    query = select(jobs.c.id).where(
        _of(request.tenant),
        jobs.c.kind == request.kind,
        jobs.c.collection == request.collection,
        jobs.c.finished_at.is_(None),
    )
    running = connection.scalars(query).first()
    if running is not None:
        message = f"job {running} is at work on this: wait for its end, or cancel it"
        raise AlreadyExists(message, Reason.JOB_IN_PROGRESS, {"job": running})


def _claimable(now: int) -> ColumnElement[bool]:
    """Held by nobody, or by one that has died."""
    free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)
    return and_(jobs.c.finished_at.is_(None), free)


def _busy(now: int) -> Subquery:
    """How many jobs of each tenant are being worked on."""
    at_work = (jobs.c.finished_at.is_(None), jobs.c.owner.is_not(None), jobs.c.lease_until > now)
    held = func.count().label("held")
    return select(jobs.c.tenant, held).where(*at_work).group_by(jobs.c.tenant).subquery()


def _held(claim: Claim) -> Update:
    return update(jobs).where(
        jobs.c.id == claim.job.id, jobs.c.owner == claim.owner, jobs.c.finished_at.is_(None)
    )


def _of(tenant: str | None) -> ColumnElement[bool]:
    return jobs.c.tenant.is_(None) if tenant is None else jobs.c.tenant == tenant


def _asked(query: JobQuery) -> ColumnElement[bool]:
    conditions = [_of(query.tenant)]
    if query.kind:
        conditions.append(jobs.c.kind == query.kind)
    if query.collection:
        conditions.append(jobs.c.collection == query.collection)
    if query.states:
        conditions.append(jobs.c.state.in_(sorted(query.states)))
    return and_(*conditions)


def _by_id(id: str) -> Select[Any]:
    return select(jobs).where(jobs.c.id == id)


def _changed(connection: Connection, change: Update) -> bool:
    return connection.execute(change).rowcount == 1


def _cancelled(now: int) -> dict[str, int]:
    return {"cancel_requested_at": now, "updated_at": now}
