"""One part of the vector index beside what the catalog says it must hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

import numpy as np

from rag_server.core.call import Deadline
from rag_server.core.documents import Vector, View
from rag_server.core.findings import Progress
from rag_server.core.protocols import Catalog, Changes, InspectableIndex

# Entries compared in one go.
_STRETCH = 2_000
# Largest difference that is rounding, of a component or of a cosine.
_ROUNDING = 1e-5
# Entries that are searched for in each stretch, evenly spread, and hits looked at.
_SEARCHED = 50
_NEAREST = 10


@dataclass(slots=True)
class Difference:
    """Entries by what is wrong with them; `applied` as the index says. `not_found` are
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

    An entry must be there when it stands for a chunk that is visible now and was committed at
    or before the revision that is applied. It may be there as long as the catalog has a row of
    such a chunk: what was deleted is removed later, and a kill may come between vectors and
    the revision they belong to.
    """
    found = Difference(view, index.applied(view.index_name))
    if found.ahead:
        return found
    surplus = set(index.ids(view.index_name))
    seen: set[str] = set()
    for changes in stretches(catalog, view, 0):
        # Another chunk of the same embedding may have been created earlier.
        fresh = changes.without(seen)
        _compare_stretch(catalog, index, fresh, found)
        seen.update(fresh.ids)
        progress(f"vectors of {view.index_name}", len(seen))
    found.superfluous = sorted(surplus - seen)
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
    required = set(catalog.feed.living(found.view, changes.ids, found.applied).ids)
    right = []
    for entry, vector in zip(changes.ids, changes.vectors, strict=True):
        there = held.get(entry)
        if there is None:
            if entry in required:
                found.missing.append(entry)
        elif not _same(there, vector):
            found.wrong.append(entry)
        elif entry in required:
            right.append((entry, vector))
    for entry, vector in right[:: max(1, len(right) // _SEARCHED)]:
        if not _finds(index, name, entry, vector):
            found.not_found.append(entry)


def _finds(index: InspectableIndex, name: str, entry: str, vector: Vector) -> bool:
    """Whether a search for its own vector finds it, or nothing but what is as near."""
    hits = index.search(name, vector, _NEAREST, Deadline(inf))
    return any(each == entry for each, _ in hits) or (
        len(hits) == _NEAREST and hits[-1][1] >= 1.0 - _ROUNDING
    )


def _same(one: Vector, other: Vector) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() <= _ROUNDING)
