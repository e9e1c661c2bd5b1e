"""JobService: long work."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ragrpc.v1 import job_service_pb2 as pb

from rag_server.core.call import Call
from rag_server.core.job_desk import JobDesk
from rag_server.core.jobs import JobQuery
from rag_server.transport.convert.jobs import job_message, state_of

_PAGE_SIZE = 100


class JobServicer:
    """Shows and cancels jobs through the desk."""

    def __init__(self, desk: JobDesk) -> None:
        self._desk = desk

    async def GetJob(self, request: pb.GetJobRequest, call: Call) -> pb.GetJobResponse:
        """One job."""
        return pb.GetJobResponse(job=job_message(await self._desk.job(request.job_id, call)))

    async def ListJobs(self, request: pb.ListJobsRequest, call: Call) -> pb.ListJobsResponse:
        """A page of jobs."""
        query = JobQuery(
            None if request.server_wide else call.principal.tenant,
            request.kind,
            request.collection,
            frozenset(map(state_of, request.states)),
        )
        size = request.page_size if request.HasField("page_size") else _PAGE_SIZE
        page = await self._desk.jobs(query, size, request.page_token, call)
        return pb.ListJobsResponse(
            jobs=[job_message(each) for each in page.items], next_page_token=page.next_token
        )

    async def WatchJob(
        self, request: pb.WatchJobRequest, call: Call
    ) -> AsyncGenerator[pb.WatchJobResponse, None]:
        """The job whenever it has changed."""
        async with aclosing(self._desk.watch(request.job_id, call)) as changes:
            async for job in changes:
                yield pb.WatchJobResponse(job=job_message(job))

    async def CancelJob(self, request: pb.CancelJobRequest, call: Call) -> pb.CancelJobResponse:
        """Ask for the end of a job."""
        return pb.CancelJobResponse(job=job_message(await self._desk.cancel(request.job_id, call)))
