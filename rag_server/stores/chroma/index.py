"""The index: parts of Chroma by name, and what of them is known without asking."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from threading import Lock
from typing import TypeVar

from rag_server.core.call import Deadline
from rag_server.core.documents import IndexSettings, Vector
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.health import BreakerState
from rag_server.core.protocols import Changes
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.chroma.engine import Engine
from rag_server.stores.chroma.session import Part, PartGone, Session

T = TypeVar("T")

# Before the names of parts that are of another catalog, or of a layout that is not used any more.
_FOREIGN = "other:"
# What the parts of today hold; those before had an entry per chunk, and no word in their names.
_LAYOUT = "embeddings"


class ChromaIndex:
    """Implements `VectorIndex` and `Pingable`. Searches may run beside anything; changes of
    one part come from one thread.

    In Chroma a part is named after its catalog, too: catalogs number their collections alike.
    Parts of other catalogs are left alone in a shared Chroma. In one of our own they are of a
    catalog that was replaced. Those, and the parts of an older layout, have names that no view
    has: they go like whatever the catalog does not know, and ours are filled from nothing."""

    def __init__(self, engine: Engine, catalog: str, telemetry: Telemetry = SILENT) -> None:
        """`catalog`: its identity. Nothing is known yet of a shared Chroma, which may be away:
        `refresh` tells. Raises Unavailable where one of our own cannot be read."""
        self._engine = engine
        self._catalogs = f"{catalog}-"
        self._mine = f"{catalog}-{_LAYOUT}-"
        self._telemetry = telemetry
        self._lock = Lock()
        self._heard = not engine.shared
        self._parts: dict[str, Part] = {} if engine.shared else self._listed()

    @property
    def shared(self) -> bool:
        """Whether others may use, change and stop Chroma, too."""
        return self._engine.shared

    @property
    def breaker(self) -> BreakerState | None:
        """State of the circuit breaker, None where there is none."""
        return self._engine.breaker

    @property
    def most_results(self) -> int:
        """Most results that one search can give."""
        return self._engine.most_results

    def prepare(self, name: str, settings: IndexSettings) -> None:
        """Make the part, at revision 0; one that is there stays as it is."""
        if name not in self._parts:
            full = self._mine + name
            self._keep(name, self._engine.write(lambda session: session.create(full, settings)))

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied, from memory; 0 for an unknown name."""
        part = self._parts.get(name)
        return 0 if part is None else part.applied

    def apply(self, name: str, changes: Changes) -> None:
        """Add what is not there, then publish `changes.upto`; again, or out of order, is fine.
        `telemetry.reached` is called with "index.begin", "index.inside" (vectors are added,
        the revision is not) and "index.done"."""
        self._telemetry.reached("index.begin")
        part = self._parts.get(name)
        if part is None:
            raise _lost()
        for some in self._slices(len(changes.ids)):
            self._change(name, part, _adding(part, changes, some))
        self._telemetry.reached("index.inside")
        # What only puts entries back says nothing: the follower may have published meanwhile.
        if changes.upto > part.applied:
            upto = changes.upto
            self._keep(name, self._change(name, part, lambda session: session.publish(part, upto)))
        self._telemetry.reached("index.done")

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Remove entries; unknown ids and names are fine."""
        part = self._find(name)
        if part is None:
            return
        for some in self._slices(len(ids)):
            self._change(name, part, _removing(part, ids[some]))

    def search(
        self, name: str, vector: Vector, limit: int, deadline: Deadline, *, applied: int = 0
    ) -> list[tuple[str, float]]:
        """Up to `limit` (entry, cosine), best first; none for an unknown name."""
        # One look: a part that is lost meanwhile and made anew has another id.
        part = self._find(name)
        if applied > (0 if part is None else part.applied):
            raise _lost()
        if part is None:
            return []
        most = min(limit, self.most_results)
        return self._read(name, part, lambda session: session.search(part, vector, most), deadline)

    def ids(self, name: str) -> list[str]:
        """All entries; none for an unknown name."""
        part = self._find(name)
        if part is None:
            return []
        page = self._engine.most_records()
        pages = self._read(name, part, lambda session: list(session.ids(part, page)), Deadline(inf))
        return [entry for some in pages for entry in some]

    def vectors(self, name: str, ids: Sequence[str]) -> dict[str, Vector]:
        """Vectors by entry; unknown ids and names are left out."""
        part = self._find(name)
        if part is None:
            return {}
        vectors: dict[str, Vector] = {}
        for some in self._slices(len(ids)):
            vectors |= self._read(name, part, _held(part, ids[some]), Deadline(inf))
        return vectors

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        part = self._find(name)
        if part is None:
            return
        # Somebody else may have been faster.
        with suppress(PartGone):
            self._engine.write(lambda session: session.drop(part))
        self._forget(name, part)

    def names(self) -> list[str]:
        """Names of all parts, as last heard."""
        return list(self._parts)

    def refresh(self) -> None:
        """Hear from a shared Chroma which parts there are and what they have applied."""
        if not self._engine.shared:
            return
        before = dict(self._parts)
        listed = self._listed()
        with self._lock:
            # What has changed while Chroma was answering is known better here.
            newer = {
                name
                for name in before.keys() | self._parts.keys()
                if before.get(name) is not self._parts.get(name)
            }
            for name in newer:
                listed.pop(name, None)
            kept = {name: self._parts[name] for name in newer & self._parts.keys()}
            self._parts = listed | kept
            self._heard = True

    def ping(self) -> None:
        """Raises Unavailable when Chroma does not answer."""
        self._engine.ping()

    def close(self) -> None:
        """Release Chroma; again is fine."""
        self._engine.close()

    def _find(self, name: str) -> Part | None:
        """The part; None where it is known to be unknown. Raises Unavailable where a Chroma
        that is away may have it all the same."""
        part = self._parts.get(name)
        if part is None:
            if not self._heard:
                raise Unavailable("the vector index has not answered yet", Reason.NOT_READY)
            self._engine.check()
        return part

    def _listed(self) -> dict[str, Part]:
        parts = self._engine.read(Session.parts, Deadline(inf))
        mine = {
            part.name.removeprefix(self._mine): part
            for part in parts
            if part.name.startswith(self._mine)
        }
        ours = self._catalogs if self._engine.shared else ""
        others = {
            _FOREIGN + part.name: part
            for part in parts
            if part.name.startswith(ours) and not part.name.startswith(self._mine)
        }
        return mine | others

    def _slices(self, count: int) -> Sequence[slice]:
        if not count:
            return ()
        most = self._engine.most_records()
        return [slice(start, start + most) for start in range(0, count, most)]

    def _read(self, name: str, part: Part, work: Callable[[Session], T], deadline: Deadline) -> T:
        try:
            return self._engine.read(work, deadline)
        except PartGone as error:
            self._forget(name, part)
            raise _lost() from error

    def _change(self, name: str, part: Part, work: Callable[[Session], T]) -> T:
        try:
            return self._engine.write(work)
        except PartGone as error:
            self._forget(name, part)
            raise _lost() from error

    def _keep(self, name: str, part: Part) -> None:
        with self._lock:
            self._parts[name] = part

    def _forget(self, name: str, part: Part) -> None:
        with self._lock:
            known = self._parts.get(name)
            if known is not None and known.id == part.id:
                del self._parts[name]


def _adding(part: Part, changes: Changes, some: slice) -> Callable[[Session], None]:
    return lambda session: session.add(part, changes.ids[some], changes.vectors[some])


def _removing(part: Part, ids: Sequence[str]) -> Callable[[Session], None]:
    return lambda session: session.delete(part, ids)


def _held(part: Part, ids: Sequence[str]) -> Callable[[Session], dict[str, Vector]]:
    return lambda session: session.vectors(part, ids)


def _lost() -> Unavailable:
    message = "the vector index does not have what it had: it is being filled again"
    return Unavailable(message, Reason.INDEX_BEHIND)
