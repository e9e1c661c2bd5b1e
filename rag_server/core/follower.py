"""The indexes follow: one thread for each, which applies the catalog's feed to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Condition, Lock, Thread
from time import monotonic

from rag_server.core.call import Deadline
from rag_server.core.documents import View
from rag_server.core.errors import NotFound, Reason, Unavailable
from rag_server.core.leadership import Leadership
from rag_server.core.protocols import Applier, Catalog
from rag_server.core.telemetry import Telemetry

# Pause before a part that failed is tried again, in seconds; others go on meanwhile.
_RETRY_SECONDS = 1.0
# Time between two looks at the index, in seconds, and the time spared for each second of it.
_LOOK_SECONDS = 1.0
_SPARED = 20.0
# The same where other servers write too: how late their commits are learnt of.
_SHARED_LOOK_SECONDS = 0.25
# Longest wait of a reader, and the time between two looks at its deadline, in seconds: a
# reader holds a thread that others need.
_PATIENCE = 2.0
_GLANCE = 0.05


class Follower:
    """Has an index apply every collection's changes in order, and tells readers how far it is.
    Implements `Freshness` and `Following`: who removes from the index does so while it is
    `still`, so that no addition is undone by a removal that was decided before it. Of several
    servers that share a catalog and an index the one that leads applies; the others look at how
    far it is. An index of a server's own is followed by each."""

    def __init__(
        self,
        catalog: Catalog,
        applier: Applier,
        telemetry: Telemetry,
        prepare_thread: Callable[[], None] = lambda: None,
        leadership: Leadership | None = None,
        *,
        shared: bool = False,
    ) -> None:
        """`prepare_thread` is called first in the thread that follows. `leadership` None: no
        other server changes the index. `shared`: others commit to the catalog, too."""
        self._catalog = catalog
        self._applier = applier
        self._telemetry = telemetry
        self._prepare_thread = prepare_thread
        self._leadership = leadership
        self._shared = shared
        self._look_every = _SHARED_LOOK_SECONDS if shared else _LOOK_SECONDS
        self._leads = False
        self._changed = Condition()
        self._newest: dict[str, View] = {}
        self._behind: dict[str, View] = {}
        self._retry_at: dict[str, float] = {}
        self._away = True
        self._away_told = False
        self._look_at = 0.0
        self._stopping = False
        self._adding = Lock()
        self._thread = Thread(target=self._run, name=f"ragrpc-{applier.kind}-follower", daemon=True)

    def start(self) -> None:
        """Begin by removing what the catalog does not know (it may have been restored from
        before it), and by catching up with every collection. Where the index is away, that
        is done once it is back."""
        for view in self._catalog.collections.views():
            self.notify(view)
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """End after the stretch in hand; what is left is caught up after the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        if self._leadership and self._leads:
            self._attempt("leadership", self._leadership.release)

    def notify(self, view: View) -> None:
        """A commit made `view`."""
        with self._changed:
            known = self._newest.get(view.index_name)
            if known is None or known.revision <= view.revision:
                self._newest[view.index_name] = self._behind[view.index_name] = view
                self._changed.notify_all()

    def applied(self, view: View) -> int:
        """Revision that the index has applied."""
        return self._applier.applied(view.index_name)

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        """Wait until `revision` is applied, two seconds or half of the time left at most;
        the revision then applied. Raises Unavailable at once while the index is away."""
        patience = Deadline(min(_PATIENCE, deadline.remaining() / 2))
        with self._changed:
            while self.applied(view) < revision and not self._stopping:
                if self._away:
                    raise self._unavailable()
                if not (patience.remaining() and deadline.remaining()):
                    break
                self._changed.wait(_GLANCE)
        return self.applied(view)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is added to the index meanwhile."""
        with self._adding:
            yield

    @property
    def leads(self) -> bool:
        """Whether this server changes the index."""
        return self._leads

    def ping(self) -> None:
        """Raises Unavailable when nothing is followed any more."""
        if not self._thread.is_alive():
            kind = self._applier.kind
            raise Unavailable(f"the {kind} index is not followed any more", Reason.NOT_READY)

    def _run(self) -> None:
        self._prepare_thread()
        while not self._stopping:
            if monotonic() >= self._look_at:
                self._look()
            view = self._next(self._look_at - monotonic())
            if view is not None and not self._attempt("follow", partial(self._follow, view)):
                self._put_off(view)

    def _look(self) -> None:
        """Hear what the index has, which may have been away or have lost what it had, and what
        other servers have written."""
        began = monotonic()
        try:
            self._applier.refresh()
            led, self._leads = self._leads, self._leadership is None or self._leadership.held()
            if self._leads and (self._away or not led):
                self._reconcile()
            if self._shared:
                self._hear()
        except Exception as error:
            self._miss(error)
            pause = _LOOK_SECONDS
        else:
            self._away = self._away_told = False
            pause = max(self._look_every, _SPARED * (monotonic() - began))
        self._resume()
        self._look_at = monotonic() + pause

    def _miss(self, error: Exception) -> None:
        """The index is away; said once."""
        self._away = True
        if not self._away_told:
            self._telemetry.failed("index", error)
        self._away_told = True

    def _reconcile(self) -> None:
        """Remove parts that the catalog does not know, or that are ahead of it."""
        views = self._catalog.collections.views(retired=True)
        known = {view.index_name: view.revision for view in views}
        for name in self._applier.names():
            if self._applier.applied(name) > known.get(name, -1):
                self._applier.drop(name)

    def _hear(self) -> None:
        """Learn of what other servers have committed or deleted."""
        views = self._catalog.collections.views()
        for gone in self._newest.keys() - {view.index_name for view in views}:
            self._forget(gone)
        for view in views:
            known = self._newest.get(view.index_name)
            if known is None or known.revision < view.revision:
                self.notify(view)

    def _resume(self) -> None:
        """Follow again what has lost something."""
        with self._changed:
            for name, view in self._newest.items():
                if self._applier.applied(name) < view.revision:
                    self._behind.setdefault(name, view)
                elif not self._leads:
                    self._behind.pop(name, None)
            self._report_lag()
            self._changed.notify_all()

    def _report_lag(self) -> None:
        lags = (view.revision - self.applied(view) for view in self._behind.values())
        self._telemetry.lag(self._applier.kind, max(0, *lags) if self._behind else 0)

    def _next(self, patience: float) -> View | None:
        """The collection whose turn it is: each gets one stretch, then goes to the end."""
        with self._changed:
            if not (self._stopping or self._due()):
                self._changed.wait(max(0.0, min(patience, self._until_retry())))
            return None if self._stopping else self._due()

    def _until_retry(self) -> float:
        waiting = [at for name, at in self._retry_at.items() if name in self._behind]
        return min(waiting) - monotonic() if waiting and self._active else _RETRY_SECONDS

    @property
    def _active(self) -> bool:
        """Whether the index can be changed, and by this server."""
        return self._leads and not self._away

    def _due(self) -> View | None:
        if not self._active:
            return None
        now = monotonic()
        waiting = self._behind.items()
        return next((view for name, view in waiting if self._retry_at.get(name, now) <= now), None)

    def _put_off(self, view: View) -> None:
        with self._changed:
            self._retry_at[view.index_name] = monotonic() + _RETRY_SECONDS

    def _attempt(self, part: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:
            # Whatever went wrong, the feed is still there: try again from where we were.
            self._telemetry.failed(part, error)
            return False
        return True

    def _follow(self, view: View) -> None:
        applied = self._applier.applied(view.index_name)
        if applied < view.revision:
            try:
                applied = self._add(view, applied)
            except NotFound:
                self._forget(view.index_name)
                return
        self._settle(view, applied)

    def _add(self, view: View, applied: int) -> int:
        with self._adding:
            if view.index_name not in self._newest:
                # Whoever forgot it removes its part, which must not come back.
                return applied
            return self._applier.follow(view, applied)

    def _settle(self, view: View, applied: int) -> None:
        with self._changed:
            newest = self._behind.pop(view.index_name, None)
            self._retry_at.pop(view.index_name, None)
            if newest is not None and applied < newest.revision:
                self._behind[view.index_name] = newest
            self._report_lag()
            self._changed.notify_all()

    def forget(self, view: View) -> None:
        """Follow it no more; it is gone for good."""
        self._forget(view.index_name)

    def _forget(self, name: str) -> None:
        with self._changed:
            for known in (self._newest, self._behind, self._retry_at):
                known.pop(name, None)

    def _unavailable(self) -> Unavailable:
        part = f"{self._applier.kind} index"
        return Unavailable(
            f"the {part} is not available",
            Reason.NOT_READY,
            {"part": part},
            retry_after_ms=int(1000 * _LOOK_SECONDS),
        )
