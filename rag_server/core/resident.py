"""Which chunks a view sees, and what is kept in memory of collections so that asking costs no SQL.

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


class VisibleChunks(Protocol):
    """The chunks that are visible in a view and pass a filter."""

    @property
    def in_memory(self) -> bool:
        """Whether they can be scored without reading vectors from the catalog."""
        ...

    @property
    def resident(self) -> "ResidentChunks | None":
        """The same where visibility is in memory; None: only the catalog knows."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    @property
    def share(self) -> float:
        """Their share in all chunks of the generation, about; 1.0 where it is not known."""
        ...

    def documents(self) -> set[int] | None:
        """Rows of the documents that they are of; None: all visible ones."""
        ...

    def since(self, revision: int) -> "VisibleChunks":
        """Those of them that were created after that revision."""
        ...

    def nearest(self, vector: Vector, limit: int, deadline: Deadline) -> list[Scored]:
        """The `limit` nearest to a unit float32 (d,), best first, then by chunk id. Raises
        Unavailable, DeadlineExceeded."""
        ...

    def joined(
        self, ranked: Sequence[tuple[str, float]], each: int, vector: Vector
    ) -> list[Scored]:
        """Those that the entries of a vector index stand for, in their order: of an entry the
        first `each` by chunk id. `ranked`: (entry, cosine); the cosine is computed anew where
        that costs nothing, so that it is the same on every path. Raises Unavailable."""
        ...

    def scores(self, rows: Sequence[int], vector: Vector) -> dict[int, float]:
        """Cosines by row of those chunks that are stored, whether or not they are among
        these. Raises Unavailable."""
        ...


class ResidentChunks(VisibleChunks, Protocol):
    """The same in memory."""

    def rows(self) -> Rows:
        """int64 (n,): all of them, in the order of their creation."""
        ...

    def ids(self) -> dict[str, int]:
        """Row by chunk id of all of them."""
        ...

    def names(self, rows: Rows) -> list[str]:
        """Chunk ids of some of them."""
        ...

    def among(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of those n chunks are among them, bool (n,); unknown rows are not."""
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
