"""A full disk under the embedded stores."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_client import Document, RagClient, ResourceExhausted, RetryPolicy
from tests.serving import serving
from tests.tmpfs import small_disk

ONCE = RetryPolicy(max_attempts=1)
# Large, so that the write-ahead log soon needs more room, and of two chunks.
BULK = f"Cats purr.{' ' * 300_000}Dogs bark."


def until_refused(write: Callable[[], object]) -> None:
    while True:
        write()


def test_a_full_disk_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    acknowledged: set[str] = set()

    def write() -> None:
        name = f"d{len(acknowledged)}"
        rag.documents.upsert("docs", [Document(name, BULK)])
        acknowledged.add(name)

    with small_disk(tmp_path / "disk", megabytes=64) as disk:
        data_dir = disk.path / "data"
        with serving(data_dir) as server, RagClient(server.address, retry=ONCE) as rag:
            rag.collections.create("docs")
            write()
            disk.fill()
            with pytest.raises(ResourceExhausted) as refused:
                until_refused(write)
            assert refused.value.reason == "STORAGE_FULL"
            assert rag.retrieve("docs", "cats", top_k=1).hits
            assert {each.id for each in rag.documents.list("docs")} == acknowledged
            disk.make_room()
            write()
        with serving(data_dir) as server, RagClient(server.address) as rag:
            assert {each.id for each in rag.documents.list("docs")} == acknowledged
            for name in acknowledged:
                assert rag.documents.get("docs", name).text == BULK
