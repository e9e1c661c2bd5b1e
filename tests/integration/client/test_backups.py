"""Backups through both clients."""

from datetime import UTC, datetime

from rag_client import AsyncRagClient, BackedUpCollection, Backup, BackupKind, JobState, RagClient
from tests.integration.client.fake_server import BACKUPS, FakeServer

NEWEST, OLDEST = BACKUPS
EXPECTED = Backup(
    id=NEWEST,
    kind=BackupKind.INCREMENTAL,
    parent_id=OLDEST,
    server_wide=False,
    collection="",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    size_bytes=4_096,
    program_version="0.1.0",
    collections=(BackedUpCollection("docs", 7, 3, 5, "test"),),
)


def test_backups_are_listed_read_and_deleted(rag: RagClient) -> None:
    assert [each.id for each in rag.backups.list()] == BACKUPS
    assert rag.backups.get(NEWEST) == EXPECTED
    rag.backups.delete(NEWEST)


def test_what_takes_long_is_a_job(rag: RagClient, server: FakeServer) -> None:
    made = rag.backups.create("docs", base_id=OLDEST)
    assert (made.kind, made.collection, made.state) == ("backup", "docs", JobState.QUEUED)
    asked = server.calls_of("CreateBackup")[0].request
    assert (asked.base_id, bool(asked.request_id)) == (OLDEST, True)
    assert rag.backups.verify(NEWEST, request_id="nightly").kind == "verify_backup"
    asked = server.calls_of("VerifyBackup")[0].request
    assert asked.request_id == "nightly"
    restored = rag.backups.restore(NEWEST, "docs", name="then", replace=True)
    assert (restored.kind, restored.collection) == ("restore", "then")
    asked = server.calls_of("RestoreBackup")[0].request
    assert asked.replace


async def test_the_asyncio_client_does_the_same(server: FakeServer) -> None:
    async with AsyncRagClient(server.address) as rag:
        assert [each.id async for each in rag.backups.list()] == BACKUPS
        assert await rag.backups.get(NEWEST) == EXPECTED
        assert (await rag.backups.create()).kind == "backup"
        assert (await rag.backups.verify(NEWEST)).kind == "verify_backup"
        assert (await rag.backups.restore(NEWEST)).kind == "restore"
        await rag.backups.delete(NEWEST)
