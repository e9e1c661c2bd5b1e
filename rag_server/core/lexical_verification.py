"""Whether the lexical index holds what the catalog says, and making it so.

Chunks never change under their id, and what a search finds beyond them is joined to the
catalog: only what is missing does harm. What is dead a server removes by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from rag_server.core.documents import View
from rag_server.core.findings import Finding, Findings, Kind, Progress
from rag_server.core.protocols import Catalog, InspectableLexicalIndex

# Chunks compared, or applied, in one go.
_STRETCH = 2_000


@dataclass(slots=True)
class _Difference:
    """What one part lacks: ids of chunks that it says it has applied."""

    view: View
    applied: int
    missing: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return self.applied > self.view.revision or bool(self.missing)


class LexicalVerification:
    """Compares every part of the index with the catalog. Nobody else may change the index or
    commit to the catalog meanwhile."""

    def __init__(
        self, catalog: Catalog, index: InspectableLexicalIndex, progress: Progress
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._progress = progress

    def look(self) -> list[Finding]:
        """What disagrees. Raises Unavailable when the index cannot be read."""
        found = Findings()
        for each in self._differences():
            where = f"lexical {each.view.index_name}"
            found.note(Kind.AHEAD, where, (), int(each.applied > each.view.revision))
            found.note(Kind.MISSING, where, each.missing)
            found.note(Kind.BEHIND, where, (), max(0, each.view.revision - each.applied))
        return found.all()

    def repair(self) -> list[Finding]:
        """What disagreed and does not any more (`repaired`), then what still does: a part that
        differs is built anew."""
        before = self.look()
        for each in list(self._differences()):
            if each.differs:
                self._index.drop(each.view.index_name)
            self._fill(each.view)
        after = self.look()
        left = {(each.kind, each.where) for each in after}
        gone = [each for each in before if (each.kind, each.where) not in left]
        return [*(replace(each, repaired=True) for each in gone), *after]

    def _differences(self) -> Iterator[_Difference]:
        for view in self._catalog.collections.views():
            yield self._compared(view)

    def _compared(self, view: View) -> _Difference:
        found = _Difference(view, self._index.applied(view.index_name))
        held = set(self._index.ids(view.index_name))
        then = replace(view, revision=min(found.applied, view.revision))
        after, done = 0, 0
        while after < then.revision:
            after, chunks = self._catalog.words.changes(then, after, _STRETCH)
            ids = [each.chunk_id for each in chunks if each.chunk_id not in held]
            # What was deleted meanwhile need not be there any more.
            found.missing += sorted(
                self._catalog.chunks.visible(view, ids).keys()
                & self._catalog.chunks.visible(then, ids).keys()
            )
            done += len(chunks)
            self._progress(f"words of {view.index_name}", done)
        return found

    def _fill(self, view: View) -> None:
        after = self._index.prepare(view.index_name)
        while after < view.revision:
            after, chunks = self._catalog.words.changes(view, after, _STRETCH)
            self._index.apply(view.index_name, chunks, after)
