import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_server.core.errors import PreconditionFailed
from rag_server.stores.lock import DirectoryLock

HOLD = """
import sys
from pathlib import Path
from rag_server.stores.lock import DirectoryLock
with DirectoryLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_process_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(PreconditionFailed) as caught:
            DirectoryLock(tmp_path)
        holder.kill()
    assert caught.value.metadata == {"pid": str(holder.pid)}
    assert f"in use by process {holder.pid}" in caught.value.message
    with DirectoryLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_second_lock_of_one_process_is_refused(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path), pytest.raises(PreconditionFailed) as caught:
        DirectoryLock(tmp_path)
    assert caught.value.metadata == {"pid": str(os.getpid())}


def test_released_directory_can_be_locked_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "made" / "by the lock"
    DirectoryLock(data_dir).release()
    DirectoryLock(data_dir).release()
