"""How the lexical index follows the catalog."""

from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

from rag_server.core.documents import View
from rag_server.core.protocols import Catalog
from rag_server.indexes.lexical.index import LexicalIndex

# Chunks applied in one commit.
_STRETCH = 2_000
# Seconds spared for each second of a small commit, and at most: a commit of one chunk costs as
# much as one of a hundred, and the catalog's own commits want the disk. Reads score meanwhile
# what is not applied.
_SPARED = 9.0
_LONGEST_PAUSE = 0.5
# Seconds between two removals of what is dead.
_SWEEP_SECONDS = 20.0


class LexicalApplier:
    """Implements `Applier`. It removes by itself what is dead, on every server: the collector
    knows the index that servers share."""

    kind = "lexical"

    def __init__(self, catalog: Catalog, index: LexicalIndex, grace: timedelta) -> None:
        """`grace`: time after which no call reads what was deleted, below the time after which
        the catalog forgets it."""
        self._catalog = catalog
        self._index = index
        self._grace = grace
        self._next_commit = 0.0
        self._next_sweep = monotonic()
        self._swept: dict[str, set[str]] = {}

    def applied(self, name: str) -> int:
        """Revision that the part has applied."""
        return self._index.applied(name)

    def follow(self, view: View, after: int) -> int:
        """Add the words of the next stretch."""
        if after == 0:
            # Raises NotFound where the generation is gone.
            self._catalog.collections.settings(view)
            after = self._index.prepare(view.index_name)
            self._swept.pop(view.index_name, None)
        sleep(max(0.0, self._next_commit - monotonic()))
        began = monotonic()
        upto, chunks = self._catalog.words.changes(view, after, _STRETCH)
        self._index.apply(view.index_name, chunks, upto)
        if len(chunks) < _STRETCH:
            now = monotonic()
            self._next_commit = now + min(_LONGEST_PAUSE, _SPARED * (now - began))
        return upto

    def drop(self, name: str) -> None:
        """Remove the whole part."""
        self._index.drop(name)

    def names(self) -> list[str]:
        """Names of all parts."""
        return self._index.names()

    def refresh(self) -> None:
        """Notice lost files; now and then remove what no read can see any more."""
        self._index.refresh()
        if monotonic() >= self._next_sweep:
            self._sweep()
            self._next_sweep = monotonic() + _SWEEP_SECONDS

    def _sweep(self) -> None:
        views = {view.index_name: view for view in self._catalog.collections.views(retired=True)}
        for name in self._index.names():
            if name in views:
                self._sweep_part(views[name])
            else:
                self._index.drop(name)

    def _sweep_part(self, view: View) -> None:
        """What lives again is in a stretch that comes after this: one thread does both."""
        name = view.index_name
        if name not in self._swept:
            self._forget_unknown(view)
        dead = self._catalog.words.dead(view, datetime.now(UTC) - self._grace)
        self._index.remove(name, sorted(dead - self._swept.get(name, set())))
        self._swept[name] = dead

    def _forget_unknown(self, view: View) -> None:
        """Remove what the catalog has forgotten while this server was not there."""
        name = view.index_name
        if self._index.count(name) > self._catalog.words.count(view):
            ids = self._index.ids(name)
            for start in range(0, len(ids), _STRETCH):
                some = ids[start : start + _STRETCH]
                known = self._catalog.words.known(view, some)
                self._index.remove(name, [each for each in some if each not in known])
