from pathlib import Path

import pytest

from rag_server.core.errors import Exhausted, Reason
from rag_server.stores.backup.target import Target
from tests.tmpfs import small_disk


def test_a_full_directory_is_said(tmp_path: Path) -> None:
    source = tmp_path / "segment"
    source.write_bytes(bytes(3 << 20))
    with small_disk(tmp_path / "disk", megabytes=2) as disk:
        target = Target(str(disk.path / "backups"))
        with pytest.raises(Exhausted) as refused:
            target.put(source, "one/segment")
        assert refused.value.reason is Reason.STORAGE_FULL
