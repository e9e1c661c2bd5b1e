"""What one view sees of a snapshot."""

from collections.abc import Sequence

import numpy as np

from rag_server.core.filters import Filter
from rag_server.core.values import Value
from rag_server.indexes.resident.chunks import Chunks
from rag_server.indexes.resident.snapshot import Snapshot


class SnapshotView:
    """Implements `ResidentView`."""

    def __init__(self, snapshot: Snapshot, revision: int) -> None:
        self._snapshot = snapshot
        self._seen = snapshot.seen(revision)

    def passing(self, filter: Filter | None) -> Chunks:
        """Visible chunks whose documents pass."""
        if filter is None:
            return Chunks(self._snapshot, self._seen)
        mask = self._snapshot.table.columns.passing(filter, self._snapshot.documents)
        if self._seen is not None:
            mask &= self._seen
        return Chunks(self._snapshot, mask)

    def fields(self) -> Sequence[str]:
        """In the order in which they came."""
        return self._snapshot.table.columns.fields

    def values(self, field: str) -> list[tuple[Value, int]]:
        """Most frequent first."""
        seen = self._seen
        if seen is None:
            seen = np.ones(self._snapshot.documents, np.bool_)
        return self._snapshot.table.columns.counted(field, seen)
