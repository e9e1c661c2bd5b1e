"""One process owns a data directory."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from rag_server.core.errors import PreconditionFailed, Reason

_FILE = "lock"


class DirectoryLock:
    """An exclusive lock on a data directory, held until `release` or the end of the process,
    however it ends. The file stays and names the last holder."""

    def __init__(self, data_dir: Path) -> None:
        """Take the lock; makes the directory where it is missing. Raises PreconditionFailed
        with the holder's pid when another process, or another lock of this one, has it."""
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(data_dir / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode().strip() or "unknown"
            os.close(self._descriptor)
            raise _taken(data_dir, holder) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next one in; once only."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _taken(data_dir: Path, holder: str) -> PreconditionFailed:
    return PreconditionFailed(
        f"the data directory {data_dir} is in use by process {holder}",
        Reason.NOT_READY,
        {"pid": holder},
    )
