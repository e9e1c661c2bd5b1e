"""Backups as callers see them: jobs, tenants, roles, and errors that say what to do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from ragrpc.v1 import admin_service_pb2 as pb
from ragrpc.v1 import job_service_pb2 as jobs_pb
from ragrpc.v1.admin_service_pb2_grpc import AdminServiceStub
from ragrpc.v1.backup_pb2 import Backup
from ragrpc.v1.job_service_pb2_grpc import JobServiceStub

from rag_client import Document
from rag_client.aio import AsyncRagClient
from rag_server.app import running
from rag_server.core.backups import Scope
from rag_server.core.jobs import JobRequest
from rag_server.core.principal import Role
from rag_server.settings import Settings
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import open_catalog
from tests.embedders import HashingEmbedder

TIMEOUT = 60
State = jobs_pb.Job.State


class Caller:
    """Somebody with a key (or none), and what they call."""

    def __init__(self, port: int, key: str | None = None) -> None:
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self._metadata = (("x-api-key", key),) if key else ()
        self.admin = AdminServiceStub(self._channel)
        self.jobs = JobServiceStub(self._channel)
        self.rag = AsyncRagClient(f"127.0.0.1:{port}", api_key=key)

    async def call(self, method: Callable[..., Any], request: Any) -> Any:
        return await method(request, metadata=self._metadata, timeout=TIMEOUT)

    async def done(self, job: jobs_pb.Job) -> jobs_pb.Job:
        """The job at its end."""
        request = jobs_pb.WatchJobRequest(job_id=job.id)
        last = job
        async for change in self.jobs.WatchJob(request, metadata=self._metadata, timeout=TIMEOUT):
            last = change.job
        return last

    async def backup(self, **order: Any) -> str:
        """Id of a new backup."""
        made = await self.call(self.admin.CreateBackup, pb.CreateBackupRequest(**order))
        job = await self.done(made.job)
        assert job.state == State.STATE_SUCCEEDED
        return str(job.result["backup"].string_value)

    async def restore(self, backup: str, **order: Any) -> jobs_pb.Job:
        request = pb.RestoreBackupRequest(backup_id=backup, **order)
        return await self.done((await self.call(self.admin.RestoreBackup, request)).job)

    async def shown(self) -> list[Backup]:
        return list((await self.call(self.admin.ListBackups, pb.ListBackupsRequest())).backups)

    async def close(self) -> None:
        await self.rag.close()
        await self._channel.close()


@asynccontextmanager
async def server(tmp_path: Path, **sections: Any) -> AsyncIterator[int]:
    settings = Settings.model_validate(
        {
            "server": {"port": 0},
            "sidecar": {"enabled": False},
            "data": {"directory": tmp_path / "data"},
            "logging": {"level": "error"},
            "backup": {"url": str(tmp_path / "backups")},
            **sections,
        }
    )
    async with running(settings, embedder=HashingEmbedder()) as ports:
        yield ports.grpc


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    async with server(tmp_path) as port:
        somebody = Caller(port)
        yield somebody
        await somebody.close()


async def write(caller: Caller, collection: str, *texts: str) -> None:
    await caller.rag.collections.create(collection, exist_ok=True)
    documents = [Document(id=text.split()[0], text=text) for text in texts]
    (await caller.rag.documents.upsert(collection, documents)).raise_for_failures()


async def texts(caller: Caller, collection: str) -> dict[str, str]:
    listed = [each.id async for each in caller.rag.documents.list(collection)]
    return {each: (await caller.rag.documents.get(collection, each)).text for each in listed}


def reason_of(error: grpc.aio.AioRpcError) -> str:
    (raw,) = [value for key, value in error.trailing_metadata() if key.endswith("details-bin")]
    info = ErrorInfo()
    Status.FromString(raw).details[0].Unpack(info)
    return str(info.reason)


async def refused(awaited: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await awaited
    return failed.value.code(), reason_of(failed.value)


async def test_a_chain_is_made_verified_and_restored_while_it_serves(caller: Caller) -> None:
    await write(caller, "docs", "one fish", "two fish")
    full = await caller.backup(collection="docs")
    await write(caller, "docs", "two dogs", "three dogs")
    more = await caller.backup(collection="docs", incremental=True)
    newest, oldest = await caller.shown()
    assert (newest.id, newest.parent_id, newest.kind) == (more, full, Backup.KIND_INCREMENTAL)
    assert (oldest.id, oldest.kind, oldest.collection) == (full, Backup.KIND_FULL, "docs")
    assert newest.size_bytes > 0
    assert newest.collections[0].document_count == 3

    request = pb.VerifyBackupRequest(backup_id=more)
    verified = await caller.done((await caller.call(caller.admin.VerifyBackup, request)).job)
    assert verified.state == State.STATE_SUCCEEDED
    assert verified.result["documents"].int64_value == 3

    for backup, name in ((full, "then"), (more, "now")):
        restored = await caller.restore(backup, collection="docs", name=name)
        assert restored.state == State.STATE_SUCCEEDED
    assert await texts(caller, "then") == {"one": "one fish", "two": "two fish"}
    assert await texts(caller, "now") == await texts(caller, "docs")
    found = await caller.rag.retrieve("now", "three dogs", top_k=1)
    assert [hit.document_id for hit in found.hits] == ["three"]

    assert await refused(
        caller.call(caller.admin.DeleteBackup, pb.DeleteBackupRequest(backup_id=full))
    ) == (grpc.StatusCode.FAILED_PRECONDITION, "BACKUP_IN_USE")
    for each in (more, full):
        await caller.call(caller.admin.DeleteBackup, pb.DeleteBackupRequest(backup_id=each))
    assert await caller.shown() == []


async def test_a_name_in_use_is_kept_unless_it_is_to_be_replaced(caller: Caller) -> None:
    await write(caller, "docs", "one fish")
    backup = await caller.backup()
    await write(caller, "docs", "one dog")
    failed = await caller.restore(backup)
    assert failed.state == State.STATE_FAILED
    assert "already" in failed.error.message
    assert await texts(caller, "docs") == {"one": "one dog"}
    assert (await caller.restore(backup, replace=True)).state == State.STATE_SUCCEEDED
    assert await texts(caller, "docs") == {"one": "one fish"}


async def test_a_request_id_makes_one_backup(caller: Caller) -> None:
    await write(caller, "docs", "one fish")
    made = {await caller.backup(request_id="nightly") for _ in range(2)}
    assert len(made) == 1
    assert len(await caller.shown()) == 1


async def test_a_damaged_backup_fails_its_verification(caller: Caller, tmp_path: Path) -> None:
    await write(caller, "docs", "one fish")
    backup = await caller.backup()
    (segment,) = (tmp_path / "backups" / backup).glob("segment-*")
    segment.write_bytes(segment.read_bytes()[:-1])
    request = pb.VerifyBackupRequest(backup_id=backup)
    job = await caller.done((await caller.call(caller.admin.VerifyBackup, request)).job)
    assert job.state == State.STATE_FAILED
    assert "does not match its checksum" in job.error.message
    assert (await caller.restore(backup, replace=True)).state == State.STATE_FAILED
    assert await texts(caller, "docs") == {"one": "one fish"}


async def test_a_tenant_verifies_one_backup_at_a_time(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path / "data")
    held = catalog.jobs.create(JobRequest("default", "verify_backup"))
    assert catalog.jobs.claim(["verify_backup"], timedelta(hours=1))
    async with server(tmp_path) as port:
        somebody = Caller(port)
        await write(somebody, "docs", "one fish")
        request = pb.VerifyBackupRequest(backup_id=await somebody.backup())
        assert await refused(somebody.call(somebody.admin.VerifyBackup, request)) == (
            grpc.StatusCode.ALREADY_EXISTS,
            "JOB_IN_PROGRESS",
        )
        catalog.jobs.request_cancel(held.id)
        await somebody.close()
    catalog.close()


@pytest.mark.parametrize(
    ("method", "request_", "code", "reason"),
    [
        (
            "CreateBackup",
            pb.CreateBackupRequest(collection="nothing"),
            grpc.StatusCode.NOT_FOUND,
            "COLLECTION_NOT_FOUND",
        ),
        (
            "CreateBackup",
            pb.CreateBackupRequest(base_id="20260101T000000000Z-000000"),
            grpc.StatusCode.NOT_FOUND,
            "BACKUP_NOT_FOUND",
        ),
        (
            "GetBackup",
            pb.GetBackupRequest(backup_id="../../etc"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
        ),
        (
            "RestoreBackup",
            pb.RestoreBackupRequest(backup_id="20260101T000000000Z-000000", name="x"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
        ),
        (
            "ListBackups",
            pb.ListBackupsRequest(page_token="!"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_PAGE_TOKEN",
        ),
    ],
)
async def test_what_cannot_be_done_is_said(
    caller: Caller, method: str, request_: Any, code: grpc.StatusCode, reason: str
) -> None:
    assert await refused(caller.call(getattr(caller.admin, method), request_)) == (code, reason)


async def test_without_a_place_there_are_no_backups(tmp_path: Path) -> None:
    async with server(tmp_path, backup={}) as port:
        somebody = Caller(port)
        answer = await refused(somebody.call(somebody.admin.ListBackups, pb.ListBackupsRequest()))
        await somebody.close()
    assert answer == (grpc.StatusCode.FAILED_PRECONDITION, "BACKUP_NOT_CONFIGURED")


async def test_tenants_see_their_own_and_their_part_of_the_servers(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path / "data")
    keys = {
        tenant: catalog.keys.create(tenant, frozenset(Role), "test", None)[1]
        for tenant in ("acme", "globex")
    }
    reader = catalog.keys.create("acme", frozenset({Role.READER}), "test", None)[1]
    async with server(tmp_path, auth={"mode": "required"}) as port:
        acme, globex, meek = (Caller(port, key) for key in (*keys.values(), reader))
        await write(acme, "docs", "one fish")
        await write(globex, "docs", "one dog")
        own = await acme.backup()
        vault = Vault(Target(str(tmp_path / "backups")))
        whole = (await asyncio.to_thread(Backups(catalog, vault).create, Scope())).id

        assert [each.id for each in await acme.shown()] == [whole, own]
        (part,) = await globex.shown()
        assert (part.id, part.server_wide, part.size_bytes) == (whole, True, 0)
        assert [each.name for each in part.collections] == ["docs"]
        hidden = pb.RestoreBackupRequest(backup_id=own)
        assert await refused(globex.call(globex.admin.RestoreBackup, hidden)) == (
            grpc.StatusCode.NOT_FOUND,
            "BACKUP_NOT_FOUND",
        )
        await write(globex, "docs", "one cat")
        assert (await globex.restore(whole, replace=True)).state == State.STATE_SUCCEEDED
        assert await texts(globex, "docs") == {"one": "one dog"}
        assert await texts(acme, "docs") == {"one": "one fish"}

        delete = pb.DeleteBackupRequest(backup_id=whole)
        denied = (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
        assert await refused(globex.call(globex.admin.DeleteBackup, delete)) == denied
        listing = pb.ListBackupsRequest()
        assert await refused(meek.call(meek.admin.ListBackups, listing)) == denied
        for each in (acme, globex, meek):
            await each.close()
    catalog.close()


async def test_backups_by_the_clock_form_chains_and_expire(tmp_path: Path) -> None:
    by_itself = {
        "url": str(tmp_path / "backups"),
        "interval_seconds": 1,
        "full_every": 2,
        "keep_last": 2,
    }
    vault = Vault(Target(str(tmp_path / "backups")))
    async with server(tmp_path, backup=by_itself):
        made: dict[str, str | None] = {}
        async with asyncio.timeout(TIMEOUT):
            while len(made) < 4:
                made |= {each.id: each.parent for each in await asyncio.to_thread(vault.all)}
                await asyncio.sleep(0.1)
    first, second, third, fourth = sorted(made)
    assert [made[each] for each in (first, second, third, fourth)] == [None, first, None, third]
