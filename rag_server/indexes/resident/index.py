"""What is in memory of all collections, and the thread that keeps it so."""

from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

from rag_server.core.call import Deadline
from rag_server.core.chunk_log import ChunkLog
from rag_server.core.documents import View
from rag_server.core.protocols import CollectionStore
from rag_server.core.telemetry import Telemetry
from rag_server.indexes.resident.part import Part
from rag_server.indexes.resident.view import SnapshotView

# Time between two looks at all collections, in seconds: other servers write, too.
_LOOK_SECONDS = 1.0
# Vectors that nobody asked for during so many seconds give way to others.
_IDLE_SECONDS = 60.0
# A part that does not load is tried again after so many seconds.
_RETRY_SECONDS = 5.0


class ResidentIndex:
    """Implements `Resident`. Columns are always there once they are loaded; vectors as far as
    `memory_bytes` go for all collections together, and those that were asked for last come
    first. A reader brings a part up to its revision by itself where that is little work."""

    def __init__(
        self,
        collections: CollectionStore,
        log: ChunkLog,
        telemetry: Telemetry,
        *,
        memory_bytes: int,
        retention: float,
        prepare_thread: Callable[[], None] = lambda: None,
    ) -> None:
        """`retention` of deleted rows in the catalog, in seconds. `prepare_thread` is called
        first in the thread that loads."""
        self._collections = collections
        self._log = log
        self._telemetry = telemetry
        self._memory_bytes = memory_bytes
        self._retention = retention
        self._prepare_thread = prepare_thread
        self._parts: dict[str, Part] = {}
        self._changed = Condition()
        self._newest: dict[str, View] = {}
        self._retry_at: dict[str, float] = {}
        self._look_at = self._heard_at = 0.0
        self._stopping = self._away_told = False
        self._thread = Thread(target=self._run, name="ragrpc-resident", daemon=True)

    def start(self) -> None:
        """Begin to load; readers do without what is not loaded."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in hand."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def notify(self, view: View) -> None:
        """A commit made `view`."""
        with self._changed:
            self._newest[view.index_name] = view
            self._changed.notify_all()

    def view(self, view: View, deadline: Deadline) -> SnapshotView | None:
        """What is in memory at the view's revision."""
        part = self._parts.get(view.index_name)
        if part is None:
            return None
        part.used_at = monotonic()
        if not part.reaches(view, deadline.remaining()):
            return None
        snapshot = part.snapshot
        if snapshot is None or view.revision < snapshot.floor:
            return None
        return SnapshotView(snapshot, view.revision)

    def loaded(self, view: View) -> bool:
        """Whether it is at the view's revision, with all vectors that there is room for."""
        part = self._parts.get(view.index_name)
        return part is not None and part.applied >= view.revision and not part.missing

    def _run(self) -> None:
        self._prepare_thread()
        while not self._stopping:
            try:
                self._turn()
            except Exception as error:
                # Whatever went wrong, the catalog is still there: look again, say it once.
                if not self._away_told:
                    self._telemetry.failed("resident", error)
                self._away_told = True
            else:
                self._away_told = False
            self._wait()

    def _wait(self) -> None:
        with self._changed:
            if not (self._stopping or self._newest):
                self._changed.wait(max(0.0, self._look_at - monotonic()))

    def _turn(self) -> None:
        with self._changed:
            views, self._newest = self._newest, {}
        if monotonic() >= self._look_at:
            self._heard_at = monotonic()
            self._look_at = self._heard_at + _LOOK_SECONDS
            views = {view.index_name: view for view in self._collections.views()}
            for gone in self._parts.keys() - views.keys():
                del self._parts[gone]
        for name, view in views.items():
            if self._stopping:
                return
            self._keep(name, view)
        self._fill()
        self._report(views)

    def _keep(self, name: str, view: View) -> None:
        """Load a part, or bring it up to the view."""
        if self._retry_at.get(name, 0.0) > monotonic():
            return
        self._retry_at[name] = monotonic() + _RETRY_SECONDS
        part = self._parts.get(name)
        if part is None:
            part = Part(self._log, self._retention / 2)
        if part.needs_loading:
            began = monotonic()
            part.load(view, self._heard_at)
            self._telemetry.loaded("resident", name, monotonic() - began)
            self._parts[name] = part
        else:
            part.follow(view, self._heard_at)
        del self._retry_at[name]

    def _fill(self) -> None:
        """Make vectors resident, those asked for last first, until a commit wants attention."""
        for part in sorted(self._parts.values(), key=lambda each: -each.used_at):
            while part.missing and not (self._stopping or self._newest):
                filled = part.fill(self._room)
                if not filled and not (part.missing and self._make_room(part)):
                    break

    @property
    def _room(self) -> int:
        return self._memory_bytes - sum(each.vector_bytes for each in self._parts.values())

    def _make_room(self, part: Part) -> bool:
        """Let go of the vectors that were least recently asked for, if that was before the
        part's, and long ago."""
        before = min(part.used_at, monotonic() - _IDLE_SECONDS)
        idle = [e for e in self._parts.values() if e.vector_bytes and e.used_at < before]
        if not idle:
            return False
        min(idle, key=lambda each: each.used_at).release()
        return True

    def _report(self, views: dict[str, View]) -> None:
        parts = list(self._parts.values())
        lags = (
            view.revision - self._parts[name].applied
            for name, view in views.items()
            if name in self._parts
        )
        self._telemetry.lag("resident", max(0, 0, *lags))
        self._telemetry.resident(
            chunks=sum(each.snapshot.chunks for each in parts if each.snapshot),
            columns=sum(each.nbytes for each in parts),
            vectors=sum(each.vector_bytes for each in parts),
        )
