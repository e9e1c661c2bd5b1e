"""Jobs on behalf of a principal."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from hashlib import sha256

from rag_server.core.call import Call
from rag_server.core.errors import NotFound, NotPermitted, Reason, Unavailable
from rag_server.core.jobs import ENDED, Job, JobQuery, JobRequest, JobStore
from rag_server.core.library import Page
from rag_server.core.principal import OPERATOR, Role
from rag_server.core.protocols import Workers
from rag_server.core.tokens import page_start, page_token

# Seconds between two looks at a job that is watched.
_GLANCE = 0.25


class JobDesk:
    """Takes, shows and cancels jobs. Those of another tenant do not exist; those of the whole
    server, which tell of all tenants, exist for its operator only."""

    def __init__(
        self, store: JobStore, reads: Workers, commits: Workers, wake: Callable[[], None]
    ) -> None:
        """`wake` is called after a job was made or is to be cancelled."""
        self._store = store
        self._reads = reads
        self._commits = commits
        self._wake = wake
        self._draining = False

    async def take(self, request: JobRequest, call: Call, *, alone: bool = False) -> Job:
        """A new job, or the one of the same request id; see `JobStore.create`."""
        job = await self._commits.run(
            lambda: self._store.create(request, alone=alone), call.deadline
        )
        self._wake()
        return job

    async def job(self, id: str, call: Call) -> Job:
        """One job. Raises NotFound."""
        call.principal.require(Role.READER)
        return await self._reads.run(lambda: self._find(id, call), call.deadline)

    async def jobs(self, query: JobQuery, size: int, token: str, call: Call) -> Page[Job]:
        """A page of jobs, newest first; with the tenant None those of the whole server. Raises
        NotPermitted unless these are the caller's."""
        call.principal.require(Role.READER)
        if query.tenant is None and not call.principal.operates:
            raise _not_permitted()
        listing = sha256(repr(replace(query, states=frozenset())).encode()).hexdigest()
        listing += "".join(sorted(query.states))
        before = page_start(token, listing)
        found = await self._reads.run(
            lambda: self._store.page(query, before, size + 1), call.deadline
        )
        more = len(found) > size
        items = found[:size]
        return Page(items, page_token(items[-1].id, listing) if more else "")

    async def watch(self, id: str, call: Call) -> AsyncGenerator[Job, None]:
        """The job now, and whenever it has changed, until it has ended. Raises Unavailable when
        the server drains."""
        told: Job | None = None
        while not self._draining:
            job = await self.job(id, call)
            # The heartbeat alone is no news.
            if told is None or job != replace(told, updated_at=job.updated_at):
                yield job
                told = job
            if job.state in ENDED:
                return
            await asyncio.sleep(_GLANCE)
        raise Unavailable("the server is shutting down: watch on another", Reason.NOT_READY)

    def drain(self) -> None:
        """Let nobody watch any more."""
        self._draining = True

    async def cancel(self, id: str, call: Call) -> Job:
        """Ask for the end of a job, which it may outrun; again is fine. Raises NotFound."""
        call.principal.require(Role.ADMIN)

        def work() -> Job:
            self._find(id, call)
            return self._store.request_cancel(id) or _missing()

        job = await self._commits.run(work, call.deadline)
        self._wake()
        return job

    def _find(self, id: str, call: Call) -> Job:
        job = self._store.get(id)
        if job is None:
            return _missing()
        principal = call.principal
        own = principal.operates if job.tenant is None else job.tenant == principal.tenant
        return job if own else _missing()


def _not_permitted() -> NotPermitted:
    message = f"jobs of the whole server are shown to admins of the tenant {OPERATOR} only"
    metadata = {"role": str(Role.ADMIN), "tenant": OPERATOR}
    return NotPermitted(message, Reason.ROLE_REQUIRED, metadata)


def _missing() -> Job:
    raise NotFound("there is no job of that id", Reason.JOB_NOT_FOUND)
