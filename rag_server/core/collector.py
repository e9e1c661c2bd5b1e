"""Garbage collection: removes for good what no read can be pinned to any more."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from rag_server.core.documents import View
from rag_server.core.jobs import JobWork
from rag_server.core.protocols import Catalog, VectorIndex
from rag_server.core.telemetry import Telemetry

KIND = "collect_garbage"


class Following(Protocol):
    """What adds to the index beside the collector."""

    def still(self) -> AbstractContextManager[None]:
        """Nothing of this server is added to the index meanwhile."""
        ...

    def notify(self, view: View) -> None:
        """The catalog has this view."""
        ...

    def applied(self, view: View) -> int:
        """Revision that all that adds has applied."""
        ...

    def forget(self, view: View) -> None:
        """Follow it no more."""
        ...


class GarbageCollector:
    """Implements `JobHandler`. What it takes from the index may come back at any time under the
    same id, written by this server or another: it looks under a lock before, and again after.
    What it is about to remove stands in its checkpoint, for whoever takes over."""

    kind = KIND

    def __init__(
        self,
        catalog: Catalog,
        index: VectorIndex,
        following: Following,
        telemetry: Telemetry,
        *,
        retention: timedelta,
        job_retention: timedelta,
        own_retention: timedelta,
    ) -> None:
        """`retention` of deleted rows, `job_retention` of jobs that ended, `own_retention` of
        those of this kind."""
        self._catalog = catalog
        self._index = index
        self._following = following
        self._telemetry = telemetry
        self._retention = retention
        self._job_retention = job_retention
        self._own_retention = own_retention

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Numbers of chunks, generations and jobs that are gone."""
        self._telemetry.stored(self._catalog.collections.documents())
        self.undo(work)
        now = datetime.now(UTC)
        before = now - self._retention
        views = self._catalog.collections.views()
        chunks = 0
        for done, view in enumerate(views):
            work.progress("chunks", done, len(views))
            chunks += self._sweep(view, before, work)
            # Whoever committed has said so; this is for those who could not any more.
            self._following.notify(view)
        jobs = self._catalog.jobs.prune(now - self._job_retention)
        self._catalog.jobs.prune(now - self._own_retention, KIND)
        return {"chunks": chunks, "generations": self._drop(before, work), "jobs": jobs}

    def undo(self, work: JobWork) -> None:
        """Put back what came to life while it was being removed."""
        if work.checkpoint:
            self._put_back(View(*work.checkpoint["view"]), work.checkpoint["ids"])

    def _sweep(self, view: View, before: datetime, work: JobWork) -> int:
        for ids in self._catalog.feed.dead(view, before):
            work.check()
            work.save({"view": [view.collection_id, view.generation, view.revision], "ids": ids})
            with self._following.still():
                living = set(self._catalog.feed.living(view, ids).ids)
                self._index.remove(view.index_name, [each for each in ids if each not in living])
            self._telemetry.reached("garbage.removed")
            self._put_back(view, ids)
        return self._catalog.feed.purge(view, before)

    def _put_back(self, view: View, ids: Sequence[str]) -> None:
        living = self._catalog.feed.living(view, ids)
        if living.ids:
            self._index.apply(view.index_name, living)

    def _drop(self, before: datetime, work: JobWork) -> int:
        feed, generations = self._catalog.feed, self._catalog.generations
        dropped = [(view, feed.forget) for view in feed.dropped(before)]
        dropped += [(view, generations.forget) for view in generations.retired(before)]
        for done, (view, forget) in enumerate(dropped):
            work.check()
            work.progress("generations", done, len(dropped))
            remove_part(view, self._following, self._index)
            # Last, since nobody knows of the part once its rows are gone.
            forget(view)
            self._telemetry.reached("garbage.dropped")
        return len(dropped)


def remove_part(view: View, following: Following, index: VectorIndex) -> None:
    """Remove what the index has of a generation that nobody reads any more."""
    following.forget(view)
    with following.still():
        index.drop(view.index_name)
