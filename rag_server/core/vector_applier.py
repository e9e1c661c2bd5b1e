"""How the vector index follows the catalog."""

from rag_server.core.documents import View
from rag_server.core.protocols import Catalog, VectorIndex

# Chunks applied in one go; bounds memory while an index is rebuilt.
_STRETCH = 2_000


class VectorApplier:
    """Implements `Applier`."""

    kind = "vector"

    def __init__(self, catalog: Catalog, index: VectorIndex) -> None:
        self._catalog = catalog
        self._index = index

    def applied(self, name: str) -> int:
        """Revision that the part has applied."""
        return self._index.applied(name)

    def follow(self, view: View, after: int) -> int:
        """Add the vectors of the next stretch to a part that is as its generation wants it."""
        if after == 0:
            settings = self._catalog.collections.settings(view)
            self._index.prepare(view.index_name, settings.index)
        changes = self._catalog.feed.changes(view, after, _STRETCH)
        self._index.apply(view.index_name, changes)
        return changes.upto

    def drop(self, name: str) -> None:
        """Remove the whole part."""
        self._index.drop(name)

    def names(self) -> list[str]:
        """Names of all parts."""
        return self._index.names()

    def refresh(self) -> None:
        """Hear from the engine what there is."""
        self._index.refresh()
