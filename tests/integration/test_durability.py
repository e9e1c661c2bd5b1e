"""What a commit of the running server rests on."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from rag_client import Document
from rag_client.aio import AsyncRagClient
from rag_server.app import running
from rag_server.settings import Settings
from rag_server.stores.catalog.sqlite import FILE
from tests.embedders import HashingEmbedder

_FULL = 2


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Every connection to SQLite that anything in this process opens."""
    connections: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*args: Any, **options: Any) -> sqlite3.Connection:
        connections.append(connect(*args, **options))
        return connections[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    return connections


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_every_connection_to_the_catalog_flushes_each_commit(
    tmp_path: Path, opened: list[sqlite3.Connection]
) -> None:
    settings = Settings.model_validate(
        {"data": {"directory": tmp_path}, "server": {"port": 0}, "sidecar": {"enabled": False}}
    )
    async with (
        running(settings, embedder=HashingEmbedder()) as ports,
        AsyncRagClient(f"127.0.0.1:{ports.grpc}") as rag,
    ):
        await rag.collections.create("docs")
        texts = [Document(id=str(n), text=f"text {n}") for n in range(20)]
        await asyncio.gather(*(rag.documents.upsert("docs", [each]) for each in texts))
        await rag.retrieve("docs", "text")
        await rag.documents.delete("docs", ["3"])
        alive = [each for each in opened if _is_open(each)]
        assert {pragma(each, "synchronous") for each in alive} == {_FULL}
        assert {pragma(each, "journal_mode") for each in alive} == {"wal"}
        written = [each for each in alive if each.total_changes]
        assert written
    # Bytes 18 and 19 of the file say that whoever opens it next writes ahead, too.
    assert (tmp_path / FILE).read_bytes()[18:20] == b"\x02\x02"


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True
