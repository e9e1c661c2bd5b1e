"""Asks for reindexing on behalf of a principal."""

from collections.abc import Callable
from collections.abc import Collection as Names

from rag_server.core.call import Call
from rag_server.core.chunking import ChunkingSpec
from rag_server.core.job_desk import JobDesk
from rag_server.core.jobs import Job, JobRequest
from rag_server.core.pipeline import served
from rag_server.core.principal import Role
from rag_server.core.protocols import Catalog, Workers
from rag_server.core.reindex import KIND, Reindexing


class ReindexDesk:
    """Refuses at once what could only fail later."""

    def __init__(
        self,
        catalog: Catalog,
        reads: Workers,
        desk: JobDesk,
        embedders: Names[str],
        require: Callable[[ChunkingSpec], object],
    ) -> None:
        """`embedders`: names of those that the server runs; `require` as in Library."""
        self._catalog = catalog
        self._reads = reads
        self._desk = desk
        self._embedders = embedders
        self._require = require

    async def reindex(
        self, name: str, asked: Reindexing, request_id: str | None, call: Call
    ) -> Job:
        """The job that does it. Raises NotFound, PreconditionFailed, AlreadyExists while the
        collection is being reindexed."""
        call.principal.require(Role.ADMIN)
        tenant = call.principal.tenant

        def check() -> None:
            collection = self._catalog.collections.get(tenant, name)
            settings = asked.applied_to(collection.settings)
            served(settings.embedder, self._embedders)
            self._require(settings.chunking)

        await self._reads.run(check, call.deadline)
        request = JobRequest(tenant, KIND, name, asked.encoded(), request_id)
        return await self._desk.take(request, call, alone=True)
