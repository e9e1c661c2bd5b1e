"""Whether the vector index holds what the catalog says, and making it so.

The catalog is the truth and is never changed here. A part is looked at as a kill at any
moment leaves it, too: what the follower sets right by itself is told from what it does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag_server.core.documents import View
from rag_server.core.findings import Finding, Findings, Kind, Progress
from rag_server.core.index_comparison import Difference, compare, stretches
from rag_server.core.protocols import Catalog, InspectableIndex


class IndexVerification:
    """Compares every part of an index with the catalog. Nobody else may change the index or
    commit to the catalog meanwhile."""

    def __init__(self, catalog: Catalog, index: InspectableIndex, progress: Progress) -> None:
        self._catalog = catalog
        self._index = index
        self._progress = progress

    def look(self) -> list[Finding]:
        """What disagrees. Raises Unavailable when the index cannot be read."""
        self._index.refresh()
        return self._findings(list(self._differences()))

    def repair(self) -> list[Finding]:
        """What disagreed and does not any more (`repaired`), then what still does: vectors are
        added, replaced and removed from what the catalog stores, without the model."""
        self._index.refresh()
        differences = list(self._differences())
        before = self._findings(differences)
        for each in differences:
            self._mend(each)
        for name in self._orphans():
            self._index.drop(name)
        after = self.look()
        left = {(each.kind, each.where) for each in after}
        gone = [each for each in before if (each.kind, each.where) not in left]
        return [*(replace(each, repaired=True) for each in gone), *after]

    def _differences(self) -> Iterator[Difference]:
        for view in self._views():
            yield compare(self._catalog, self._index, view, self._progress)

    def _views(self) -> Sequence[View]:
        return self._catalog.collections.views()

    def _orphans(self) -> list[str]:
        # What was retired is still read by calls that began before.
        views = self._catalog.collections.views(retired=True)
        known = {view.index_name for view in views}
        return sorted(name for name in self._index.names() if name not in known)

    def _findings(self, differences: Iterable[Difference]) -> list[Finding]:
        found = Findings()
        for each in differences:
            where = each.view.index_name
            found.note(Kind.AHEAD, where, (), int(each.ahead))
            found.note(Kind.MISSING, where, each.missing)
            found.note(Kind.WRONG_VECTOR, where, each.wrong)
            found.note(Kind.NOT_FOUND, where, each.not_found)
            found.note(Kind.SUPERFLUOUS, where, each.superfluous)
            found.note(Kind.BEHIND, where, (), each.behind)
        for name in self._orphans():
            found.note(Kind.ORPHANED, name, (), 1)
        return found.all()

    def _mend(self, difference: Difference) -> None:
        name = difference.view.index_name
        if difference.ahead or difference.not_found:
            # A graph that does not lead to what it holds can only be built anew.
            self._index.drop(name)
        else:
            self._mend_entries(difference)
        applied = self._index.applied(name)
        if applied < difference.view.revision:
            settings = self._catalog.collections.settings(difference.view)
            self._index.prepare(name, settings.index)
        for changes in stretches(self._catalog, difference.view, applied):
            self._index.apply(name, changes)

    def _mend_entries(self, difference: Difference) -> None:
        name = difference.view.index_name
        # An entry is never changed: a wrong one goes, and comes anew.
        self._index.remove(name, [*difference.superfluous, *difference.wrong])
        if wanted := {*difference.missing, *difference.wrong}:
            for changes in stretches(self._catalog, difference.view, 0):
                self._index.apply(name, changes.only(wanted))
