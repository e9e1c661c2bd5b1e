"""One part of the vector index beside what the catalog says it must hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from rag_server.core.call import Deadline
from rag_server.core.documents import Vector, View
from rag_server.core.findings import Progress
from rag_server.core.protocols import Catalog, Changes, InspectableIndex

# Chunks compared in one go.
_STRETCH = 2_000
# Largest difference of a component that is rounding; cosine of a vector with itself.
_ROUNDING = 1e-5
_ITSELF = 0.999
# Chunks that are searched for in each stretch, evenly spread, and hits looked at.
_SEARCHED = 50
_NEAREST = 10


@dataclass(slots=True)
class Difference:
    """Chunk ids by what is wrong with them; `applied` as the index says. `not_found` are
    there, but a search for their own vector does not find it."""

    view: View
    applied: int
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    superfluous: list[str] = field(default_factory=list)

    @property
    def ahead(self) -> bool:
        """Whether the index followed a history that is not the catalog's."""
        return self.applied > self.view.revision

    @property
    def behind(self) -> int:
        """Revisions that it has still to follow."""
        return max(0, self.view.revision - self.applied)


def compare(
    catalog: Catalog, index: InspectableIndex, view: View, progress: Progress
) -> Difference:
    """What disagrees in the part of `view`, which is the newest.

    A chunk must be there when it is visible now and was committed at or before the revision
    that is applied. It may be there as long as the catalog has a row of it: what was deleted
    is removed later, and a kill may come between vectors and the revision they belong to.
    """
    found = Difference(view, index.applied(view.index_name))
    if found.ahead:
        return found
    surplus = set(index.ids(view.index_name))
    done = 0
    for changes in stretches(catalog, view, 0):
        _compare_stretch(catalog, index, changes, found)
        surplus.difference_update(changes.ids)
        done += len(changes.ids)
        progress(f"vectors of {view.index_name}", done)
    found.superfluous = sorted(surplus)
    return found


def stretches(catalog: Catalog, view: View, after: int) -> Iterator[Changes]:
    """All changes after a revision up to the view's, in order."""
    while after < view.revision:
        changes = catalog.feed.changes(view, after, _STRETCH)
        yield changes
        after = changes.upto


def _compare_stretch(
    catalog: Catalog, index: InspectableIndex, changes: Changes, found: Difference
) -> None:
    name = found.view.index_name
    held = index.vectors(name, changes.ids)
    required = _required(catalog, found, changes.ids)
    right = []
    for chunk_id, vector in zip(changes.ids, changes.vectors, strict=True):
        there = held.get(chunk_id)
        if there is None:
            if chunk_id in required:
                found.missing.append(chunk_id)
        elif not _same(there, vector):
            found.wrong.append(chunk_id)
        elif chunk_id in required:
            right.append((chunk_id, vector))
    for chunk_id, vector in right[:: max(1, len(right) // _SEARCHED)]:
        hits = index.search(name, vector, _NEAREST, Deadline(inf))
        if not hits or hits[0][1] < _ITSELF:
            found.not_found.append(chunk_id)


def _required(catalog: Catalog, found: Difference, ids: Sequence[str]) -> set[str]:
    """Those of which one and the same version is visible at the applied revision and now."""
    now = catalog.chunks.visible(found.view, ids)
    then = catalog.chunks.visible(replace(found.view, revision=found.applied), ids)
    return {chunk_id for chunk_id, row in now.items() if then.get(chunk_id) == row}


def _same(one: Vector, other: Vector) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() <= _ROUNDING)
