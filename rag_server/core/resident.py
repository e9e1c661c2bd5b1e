"""What is kept in memory of collections, so that filters and visibility cost no SQL.

`Resident.view` gives a `ResidentView`; of that, `passing` gives the chunks that a filter leaves
(`ResidentChunks`), which are ranked, or to which what an index has found is joined. All of them
are thread-safe, keep what they saw, and are meant to live as long as one call. Chunks go by
the catalog's rows, as in `ChunkStore`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.documents import Vector, View
from rag_server.core.filters import Filter
from rag_server.core.values import Value

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk with its cosine to a question."""

    row: int
    chunk_id: str
    score: float


class ResidentChunks(Protocol):
    """The chunks that are visible in a view and pass a filter."""

    @property
    def documents(self) -> int:
        """How many documents they are of."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def rows(self) -> Rows:
        """int64 (n,): all of them, in the order of their creation."""
        ...

    def among(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of those n chunks are among them, bool (n,); unknown rows are not."""
        ...

    def of_entries(self, entries: Sequence[str], each: int) -> list[list[tuple[int, str]]]:
        """(row, chunk id) of those of them that each entry of a vector index stands for: the
        first `each` by chunk id, ascending."""
        ...

    def since(self, revision: int) -> "ResidentChunks":
        """Those of them that were created after that revision."""
        ...

    def nearest(self, vector: Vector, limit: int, deadline: Deadline) -> list[Scored]:
        """The `limit` nearest to a unit float32 (d,), best first, then by chunk id. Raises
        Unavailable, DeadlineExceeded."""
        ...


class ResidentView(Protocol):
    """What one view sees."""

    def passing(self, filter: Filter | None) -> ResidentChunks:
        """Visible chunks whose documents pass."""
        ...

    def fields(self) -> Sequence[str]:
        """Names of the metadata fields that documents have or had, in the order in which they
        came."""
        ...

    def values(self, field: str) -> list[tuple[Value, int]]:
        """Distinct values of a field with the number of visible documents that have it, most
        frequent first. A list counts as one value. Of equal numbers the one that came first
        stands for all."""
        ...


class Resident(Protocol):
    """What is in memory of all collections."""

    def view(self, view: View, deadline: Deadline) -> ResidentView | None:
        """None while it is not loaded, or where it cannot be brought up to the view's revision
        at once. Raises Unavailable where the catalog is away."""
        ...
