"""Chroma within this process, over a directory of its own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rag_server.core.call import Deadline
from rag_server.core.errors import Reason, Unavailable
from rag_server.stores.chroma.segments import torn
from rag_server.stores.chroma.session import PartGone, Session

T = TypeVar("T")

# More than any search asks for: the index itself has no bound.
_MOST_RESULTS = 1_000_000
# Below this nothing is written: more than the largest change takes.
_LEAST_FREE_BYTES = 32 * 2**20


class EmbeddedEngine:
    """Implements `Engine`. One client for all threads."""

    shared = False
    breaker = None
    most_results = _MOST_RESULTS

    def __init__(self, path: Path) -> None:
        """Open the directory, which is made where it is missing. One process at a time:
        two corrupt it. What a kill has torn is removed, to be filled again. Raises
        Unavailable."""
        self._path = path
        with _translated():
            broken = torn(path)
            # Importing chromadb takes a second, which commands without an index must not pay.
            from chromadb.api import ServerAPI
            from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings, System

            self._system = System(
                Settings(
                    is_persistent=True, persist_directory=str(path), anonymized_telemetry=False
                )
            )
            # The type checker does not know that Chroma finds the implementation by itself.
            api = self._system.instance(ServerAPI)  # type: ignore[type-abstract]
            self._system.start()
            self._session = Session(api, DEFAULT_TENANT, DEFAULT_DATABASE)
            self._most_records = api.get_max_batch_size()
            for name in broken:
                api.delete_collection(name, DEFAULT_TENANT, DEFAULT_DATABASE)
        self._closed = False

    def most_records(self) -> int:
        """As Chroma says."""
        return self._most_records

    def read(self, work: Callable[[Session], T], deadline: Deadline) -> T:
        """Done once; a search in this process cannot be cut short."""
        del deadline
        with _translated():
            return work(self._session)

    def write(self, work: Callable[[Session], T]) -> T:
        """Done once. Raises Unavailable where the disk is nearly full, too: Chroma that finds it
        full in the middle of a change may keep its own database locked, and then waits for that
        for ever, with the interpreter's lock in its hands."""
        if shutil.disk_usage(self._path).free < _LEAST_FREE_BYTES:
            raise _unavailable("the disk of the vector index is nearly full")
        with _translated():
            return work(self._session)

    def check(self) -> None:
        """It is always here."""

    def ping(self) -> None:
        """Raises Unavailable when Chroma does not answer."""
        with _translated():
            self._session.api.count_collections()

    def close(self) -> None:
        """Release the directory; again is fine."""
        if self._closed:
            return
        self._closed = True
        with _translated():
            self._system.stop()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (GeneratorExit, KeyboardInterrupt, SystemExit, PartGone):
        raise
    except BaseException as error:
        # A panic of Chroma's Rust core is no Exception.
        raise _unavailable("the vector index is not available") from error


def _unavailable(message: str) -> Unavailable:
    return Unavailable(message, Reason.NOT_READY, {"part": "vector index"})
