"""The indexes follow: one thread that applies the catalog's feed to the vector index."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Condition, Thread
from time import monotonic

from rag_server.core.call import Deadline
from rag_server.core.documents import View
from rag_server.core.protocols import Catalog, VectorIndex
from rag_server.core.telemetry import Telemetry

# Chunks applied in one go; bounds memory while an index is rebuilt.
_STRETCH = 2_000
_RETRY_SECONDS = 1.0


class Follower:
    """Applies every collection's changes in order, removes what has been deleted for
    long enough, and tells readers how far it is. Implements `Freshness`.

    All changes of the index go through this one thread, so that an addition can never
    be undone by a removal that was decided before it.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: VectorIndex,
        telemetry: Telemetry,
        *,
        retention: timedelta,
        sweep_every: timedelta,
        prepare_thread: Callable[[], None] = lambda: None,
    ) -> None:
        """`prepare_thread` is called first in the thread that follows."""
        self._catalog = catalog
        self._index = index
        self._telemetry = telemetry
        self._retention = retention
        self._sweep_every = sweep_every.total_seconds()
        self._prepare_thread = prepare_thread
        self._changed = Condition()
        self._behind: dict[str, View] = {}
        self._stopping = False
        self._thread = Thread(target=self._run, name="ragrpc-follower", daemon=True)

    def start(self) -> None:
        """Begin by catching up with every collection."""
        for view in self._catalog.collections.views():
            if self._index.applied(view.index_name) > view.revision:
                # The catalog was restored from a time before the index: start over.
                self._index.drop(view.index_name)
            self.notify(view)
        self._thread.start()

    def stop(self) -> None:
        """End after the stretch in hand; what is left is caught up after the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def notify(self, view: View) -> None:
        """A commit made `view`."""
        with self._changed:
            known = self._behind.get(view.index_name)
            if known is None or known.revision < view.revision:
                self._behind[view.index_name] = view
                self._changed.notify_all()

    def applied(self, view: View) -> int:
        """Revision that the vector index has applied."""
        return self._index.applied(view.index_name)

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        """Wait until `revision` is applied or the time is up; the revision then applied."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or self.applied(view) >= revision, deadline.remaining()
            )
        return self.applied(view)

    def _run(self) -> None:
        self._prepare_thread()
        sweep_at = monotonic()
        while not self._stopping:
            if monotonic() >= sweep_at:
                self._attempt("sweep", self._sweep)
                sweep_at = monotonic() + self._sweep_every
            view = self._next(sweep_at - monotonic())
            if view is not None and not self._attempt("follow", partial(self._follow, view)):
                self._pause()

    def _next(self, patience: float) -> View | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._behind, max(0.0, patience))
            return None if self._stopping else next(iter(self._behind.values()), None)

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, _RETRY_SECONDS)

    def _attempt(self, part: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:
            # Whatever went wrong, the feed is still there: try again from where we were.
            self._telemetry.failed(part, error)
            return False
        return True

    def _follow(self, view: View) -> None:
        applied = self._index.applied(view.index_name)
        if applied < view.revision:
            changes = self._catalog.feed.changes(view, applied, _STRETCH)
            self._index.apply(view.index_name, changes)
            applied = changes.upto
        self._settle(view, applied)

    def _settle(self, view: View, applied: int) -> None:
        with self._changed:
            newest = self._behind[view.index_name]
            if applied >= newest.revision:
                del self._behind[view.index_name]
            self._telemetry.lag("vector", max(0, newest.revision - applied))
            self._changed.notify_all()

    def _sweep(self) -> None:
        """Remove for good what no read can still be pinned to."""
        self._telemetry.stored(self._catalog.collections.documents())
        before = datetime.now(UTC) - self._retention
        for view in self._catalog.collections.views():
            dead = self._catalog.feed.dead(view, before)
            self._index.remove(view.index_name, dead)
            self._catalog.feed.purge(view, before)
        for view in self._catalog.feed.dropped():
            self._index.drop(view.index_name)
            self._catalog.feed.forget(view)
