"""Backups on behalf of a principal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from rag_server.core.backups import Backup, Scope
from rag_server.core.call import Call
from rag_server.core.errors import (
    InvalidRequest,
    NotFound,
    NotPermitted,
    PreconditionFailed,
    Reason,
    Violation,
)
from rag_server.core.job_desk import JobDesk
from rag_server.core.jobs import ENDED, Job, JobQuery, JobRequest, JobState
from rag_server.core.library import Page
from rag_server.core.principal import Role
from rag_server.core.protocols import CollectionStore, Workers
from rag_server.core.tokens import page_start, page_token

T = TypeVar("T")

_LISTING = "backups"
_BACKUP = "backup"
_OPEN = frozenset(JobState) - ENDED
# More than a tenant has under way: there is one for each collection, and one for all.
_MANY = 10_000


class BackupVault(Protocol):
    """Where the backups are."""

    def all(self) -> Sequence[Backup]:
        """All of them, oldest first."""
        ...

    def get(self, id: str) -> Backup:
        """One of them. Raises NotFound, InvalidRequest, DataLoss."""
        ...

    def delete(self, id: str) -> None:
        """Remove it. Raises NotFound, and PreconditionFailed while another builds on it."""
        ...


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """A backup that is asked for. `collection` empty: all of the tenant. `base` empty: an
    incremental one builds on the newest of the same scope, if there is one."""

    collection: str = ""
    incremental: bool = False
    base: str = ""
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What is to be restored of a backup. `collection` empty: all that the tenant has in it.
    `name` empty: under its own."""

    backup: str
    collection: str = ""
    name: str = ""
    replace: bool = False
    request_id: str | None = None


class BackupDesk:
    """Takes orders of admins. They see the backups of their tenant, and of those of the whole
    server what is their tenant's; what makes or restores one is a job."""

    def __init__(
        self,
        vault: BackupVault | None,
        collections: CollectionStore,
        jobs: JobDesk,
        workers: Workers,
    ) -> None:
        """`vault` None: the server has no place for backups. `workers` may wait for it."""
        self._vault = vault
        self._collections = collections
        self._jobs = jobs
        self._workers = workers

    async def create(self, order: BackupOrder, call: Call) -> Job:
        """The job that makes a backup. Raises NotFound, AlreadyExists (JOB_IN_PROGRESS)."""
        tenant = call.principal.tenant

        def check(vault: BackupVault) -> None:
            if order.collection:
                self._collections.get(tenant, order.collection)
            scope = Scope(tenant, order.collection or None)
            if order.base and _seen(vault, order.base, tenant).scope != scope:
                raise InvalidRequest.of(Violation("base_id", "is a backup of something else"))

        await self._ask(check, call)
        spec = {"incremental": order.incremental or bool(order.base), "base": order.base}
        request = JobRequest(tenant, _BACKUP, order.collection, spec, order.request_id)
        return await self._jobs.take(request, call, alone=True)

    async def backup(self, id: str, call: Call) -> Backup:
        """One backup, as far as it is the tenant's. Raises NotFound."""
        return await self._ask(lambda vault: _seen(vault, id, call.principal.tenant), call)

    async def backups(self, size: int, token: str, call: Call) -> Page[Backup]:
        """A page of backups, newest first."""
        tenant = call.principal.tenant
        before = page_start(token, f"{_LISTING}:{tenant}")
        found = await self._ask(lambda vault: _newest_first(vault, tenant, before), call)
        items = found[:size]
        more = len(found) > size
        return Page(items, page_token(items[-1].id, f"{_LISTING}:{tenant}") if more else "")

    async def delete(self, id: str, call: Call) -> None:
        """Remove a backup of the tenant. Raises NotFound, NotPermitted for one of the whole
        server, PreconditionFailed while another one builds on it or is about to."""
        tenant = call.principal.tenant
        making = await self._jobs.jobs(JobQuery(tenant, _BACKUP, states=_OPEN), _MANY, "", call)

        def work(vault: BackupVault) -> None:
            backup = _seen(vault, id, tenant)
            if backup.scope.tenant is None:
                raise NotPermitted(
                    "backups of the whole server are removed by who runs it",
                    Reason.ROLE_REQUIRED,
                    {"backup": id},
                )
            _refuse_needed(backup, making.items)
            vault.delete(id)

        await self._ask(work, call)

    async def verify(self, id: str, request_id: str | None, call: Call) -> Job:
        """The job that verifies a backup, as far as it is the tenant's; one at a time, since it
        reads all of it. Raises NotFound, AlreadyExists (JOB_IN_PROGRESS)."""
        await self.backup(id, call)
        tenant = call.principal.tenant
        request = JobRequest(tenant, "verify_backup", "", {"backup": id}, request_id)
        return await self._jobs.take(request, call, alone=True)

    async def restore(self, order: RestoreOrder, call: Call) -> Job:
        """The job that restores. Raises NotFound, InvalidRequest, AlreadyExists."""
        if order.name and not order.collection:
            raise InvalidRequest.of(Violation("name", "needs `collection`: one gets the name"))
        backup = await self.backup(order.backup, call)
        if order.collection and all(each.name != order.collection for each in backup.collections):
            message = f"backup {order.backup} does not hold collection {order.collection}"
            metadata = {"backup": order.backup, "collection": order.collection}
            raise NotFound(message, Reason.COLLECTION_NOT_FOUND, metadata)
        spec = {
            "backup": order.backup,
            "collection": order.collection,
            "name": order.name,
            "replace": order.replace,
        }
        target = order.name or order.collection
        request = JobRequest(call.principal.tenant, "restore", target, spec, order.request_id)
        return await self._jobs.take(request, call, alone=True)

    async def _ask(self, work: Callable[[BackupVault], T], call: Call) -> T:
        call.principal.require(Role.ADMIN)
        vault = self._vault
        if vault is None:
            raise PreconditionFailed(
                "this server has no place for backups: set backup.url",
                Reason.BACKUP_NOT_CONFIGURED,
            )
        return await self._workers.run(lambda: work(vault), call.deadline)


def _refuse_needed(backup: Backup, making: Sequence[Job]) -> None:
    """Raises PreconditionFailed while a job may build on the backup."""
    for job in making:
        same = job.collection == (backup.scope.collection or "")
        if same and job.spec["incremental"] and job.spec["base"] in ("", backup.id):
            raise PreconditionFailed(
                f"job {job.id} makes a backup that may build on {backup.id}: let it end first",
                Reason.BACKUP_IN_USE,
                {"backup": backup.id, "needed_by": job.id},
            )


def _newest_first(vault: BackupVault, tenant: str, before: str) -> list[Backup]:
    older = [each for each in vault.all() if not before or each.id < before]
    cut = (_as_seen(each, tenant) for each in reversed(older))
    return [each for each in cut if each is not None]


def _seen(vault: BackupVault, id: str, tenant: str) -> Backup:
    found = _as_seen(vault.get(id), tenant)
    if found is None:
        raise NotFound(f"there is no backup {id}", Reason.BACKUP_NOT_FOUND, {"backup": id})
    return found


def _as_seen(backup: Backup, tenant: str) -> Backup | None:
    """What the tenant sees of a backup; None: nothing."""
    if backup.scope.tenant == tenant:
        return backup
    own = tuple(each for each in backup.collections if each.tenant == tenant)
    if backup.scope.tenant is not None or not own:
        return None
    # How large all of it is tells of others.
    return replace(backup, collections=own, files=(), keys=0)
