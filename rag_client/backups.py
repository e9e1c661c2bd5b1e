"""Backups of the caller's tenant."""

# The timeout is the deadline that the server is told, not a local one.
# ruff: noqa: ASYNC109

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

from rag_client import _calls
from rag_client._aio_transport import AioTransport
from rag_client._transport import Transport
from rag_client.types import Backup, Job


class Backups:
    """Makes, lists, verifies, restores and deletes backups; needs the role admin. What takes
    long is a job: `jobs.watch` says when it has ended. The same `request_id` begins one job
    only, however often it is sent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        collection: str = "",
        *,
        incremental: bool = False,
        base_id: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Begins a backup of a collection, or of all of the tenant. `incremental`: of what came
        after the newest backup of the same, or after `base_id`. The job's result has its id
        as `backup`."""
        call = _calls.create_backup(
            collection, incremental, base_id, request_id if request_id is not None else uuid4().hex
        )
        return self._transport.invoke(call, timeout)

    def list(
        self, *, page_size: int | None = None, timeout: float | None = None
    ) -> Iterator[Backup]:
        """Backups of the tenant, and of the whole server with the tenant's part of them, newest
        first. `timeout` is of each page."""
        return self._transport.pages(_calls.list_backups(page_size), timeout)

    def get(self, backup_id: str, *, timeout: float | None = None) -> Backup:
        """Reads one backup."""
        return self._transport.invoke(_calls.get_backup(backup_id), timeout)

    def delete(self, backup_id: str, *, timeout: float | None = None) -> None:
        """Deletes a backup that no other builds on."""
        self._transport.invoke(_calls.delete_backup(backup_id), timeout)

    def verify(
        self, backup_id: str, *, request_id: str | None = None, timeout: float | None = None
    ) -> Job:
        """Begins to verify a backup, by restoring it into a scratch place."""
        call = _calls.verify_backup(
            backup_id, request_id if request_id is not None else uuid4().hex
        )
        return self._transport.invoke(call, timeout)

    def restore(
        self,
        backup_id: str,
        collection: str = "",
        *,
        name: str = "",
        replace: bool = False,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Begins to restore a collection, under another `name` if given, or all that the tenant
        has in the backup. A name in use makes the job fail unless `replace`. They appear
        together once all are complete."""
        call = _calls.restore_backup(
            backup_id,
            collection,
            name,
            replace,
            request_id if request_id is not None else uuid4().hex,
        )
        return self._transport.invoke(call, timeout)


class AsyncBackups:
    """Makes, lists, verifies, restores and deletes backups; needs the role admin. What takes
    long is a job: `jobs.watch` says when it has ended. The same `request_id` begins one job
    only, however often it is sent."""

    def __init__(self, transport: AioTransport) -> None:
        self._transport = transport

    async def create(
        self,
        collection: str = "",
        *,
        incremental: bool = False,
        base_id: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Begins a backup of a collection, or of all of the tenant. `incremental`: of what came
        after the newest backup of the same, or after `base_id`. The job's result has its id
        as `backup`."""
        call = _calls.create_backup(
            collection, incremental, base_id, request_id if request_id is not None else uuid4().hex
        )
        return await self._transport.invoke(call, timeout)

    def list(
        self, *, page_size: int | None = None, timeout: float | None = None
    ) -> AsyncIterator[Backup]:
        """Backups of the tenant, and of the whole server with the tenant's part of them, newest
        first. `timeout` is of each page."""
        return self._transport.pages(_calls.list_backups(page_size), timeout)

    async def get(self, backup_id: str, *, timeout: float | None = None) -> Backup:
        """Reads one backup."""
        return await self._transport.invoke(_calls.get_backup(backup_id), timeout)

    async def delete(self, backup_id: str, *, timeout: float | None = None) -> None:
        """Deletes a backup that no other builds on."""
        await self._transport.invoke(_calls.delete_backup(backup_id), timeout)

    async def verify(
        self, backup_id: str, *, request_id: str | None = None, timeout: float | None = None
    ) -> Job:
        """Begins to verify a backup, by restoring it into a scratch place."""
        call = _calls.verify_backup(
            backup_id, request_id if request_id is not None else uuid4().hex
        )
        return await self._transport.invoke(call, timeout)

    async def restore(
        self,
        backup_id: str,
        collection: str = "",
        *,
        name: str = "",
        replace: bool = False,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Begins to restore a collection, under another `name` if given, or all that the tenant
        has in the backup. A name in use makes the job fail unless `replace`. They appear
        together once all are complete."""
        call = _calls.restore_backup(
            backup_id,
            collection,
            name,
            replace,
            request_id if request_id is not None else uuid4().hex,
        )
        return await self._transport.invoke(call, timeout)
