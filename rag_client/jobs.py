"""Long work that goes on without the caller."""

# The timeout is the deadline that the server is told, not a local one.
# ruff: noqa: ASYNC109

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator
from contextlib import aclosing, closing

from rag_client import _calls
from rag_client._aio_transport import AioTransport
from rag_client._transport import Transport
from rag_client._watching import Patience
from rag_client.errors import RagError
from rag_client.types import Job, JobState


class Jobs:
    """Jobs of the caller's tenant, and for the operator those of the whole server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Reads one job."""
        return self._transport.invoke(_calls.get_job(job_id), timeout)

    def list(
        self,
        *,
        kind: str = "",
        collection: str = "",
        states: Iterable[JobState] = (),
        server_wide: bool = False,
        page_size: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[Job]:
        """Jobs of a kind, about a collection, in one of some states, newest first; empty: any.
        `server_wide`: those of the whole server instead of the tenant's, for its operator.
        `timeout` is of each page."""
        call = _calls.list_jobs(kind, collection, tuple(states), server_wide, page_size)
        return self._transport.pages(call, timeout)

    def watch(self, job_id: str, *, timeout: float | None = None) -> Generator[Job, None, None]:
        """The job now and whenever it has changed, until it has ended; leaving does not cancel
        it. Without a `timeout` the watch lasts as long as the job, over restarts of the server
        of up to a minute."""
        patience = Patience(timeout)
        while True:
            stream = self._transport.messages(_calls.watch_job(job_id), patience.stream_seconds)
            try:
                with closing(stream):
                    for job in stream:
                        patience.heard()
                        yield job
                return
            except RagError as error:
                time.sleep(patience.bear(error))

    def cancel(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Asks for the end of a job, which is then undone; see `watch` for when. One that has
        ended stays as it is."""
        return self._transport.invoke(_calls.cancel_job(job_id), timeout)


class AsyncJobs:
    """Jobs of the caller's tenant, and for the operator those of the whole server."""

    def __init__(self, transport: AioTransport) -> None:
        self._transport = transport

    async def get(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Reads one job."""
        return await self._transport.invoke(_calls.get_job(job_id), timeout)

    def list(
        self,
        *,
        kind: str = "",
        collection: str = "",
        states: Iterable[JobState] = (),
        server_wide: bool = False,
        page_size: int | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Job]:
        """Jobs of a kind, about a collection, in one of some states, newest first; empty: any.
        `server_wide`: those of the whole server instead of the tenant's, for its operator.
        `timeout` is of each page."""
        call = _calls.list_jobs(kind, collection, tuple(states), server_wide, page_size)
        return self._transport.pages(call, timeout)

    async def watch(
        self, job_id: str, *, timeout: float | None = None
    ) -> AsyncGenerator[Job, None]:
        """The job now and whenever it has changed, until it has ended; leaving does not cancel
        it. Without a `timeout` the watch lasts as long as the job, over restarts of the server
        of up to a minute."""
        patience = Patience(timeout)
        while True:
            stream = self._transport.messages(_calls.watch_job(job_id), patience.stream_seconds)
            try:
                async with aclosing(stream):
                    async for job in stream:
                        patience.heard()
                        yield job
                return
            except RagError as error:
                await asyncio.sleep(patience.bear(error))

    async def cancel(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Asks for the end of a job, which is then undone; see `watch` for when. One that has
        ended stays as it is."""
        return await self._transport.invoke(_calls.cancel_job(job_id), timeout)
