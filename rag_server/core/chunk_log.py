"""What a catalog tells an index that keeps visibility by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import View
from rag_server.core.values import Metadata

Rows = NDArray[np.int64]
# `deleted` of what is alive.
ALIVE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """Chunks in the order of creation, as parallel arrays of n: the catalog's rows of the
    chunks, their documents and embeddings, `number_of` the embeddings' keys, revisions
    (int64), and ids (UTF-8 bytes)."""

    rows: Rows
    ids: NDArray[np.bytes_]
    documents: Rows
    embeddings: Rows
    keys: Rows
    created: Rows
    deleted: Rows

    def __len__(self) -> int:
        return len(self.rows)


def number_of(key: bytes) -> int:
    """64 bits of an embedding's key, which is a digest: enough to tell a collection's apart."""
    return int.from_bytes(key[:8], "big", signed=True)


class ChunkLog(Protocol):
    """Chunks of a generation by the revisions that made and ended them. What was deleted is
    told of only as long as tombstones are kept."""

    def stretch(self, view: View, after: int, limit: int) -> int:
        """The revision up to which about `limit` chunks (those of one revision at least) were
        created after `after`; `view.revision` where there are no more."""
        ...

    def created(self, view: View, after: int, upto: int, *, living: bool = False) -> ChunkRows:
        """Those created in (after, upto]; with `living` only those that the view sees."""
        ...

    def deleted(self, view: View, after: int, upto: int, limit: int) -> tuple[Rows, Rows]:
        """(rows, revisions) of `limit` at most that were deleted in (after, upto], int64 (n,)."""
        ...

    def metadata(self, documents: Sequence[int]) -> dict[int, Metadata]:
        """Metadata by the row of the document, of those that are still there."""
        ...

    def vectors(self, embeddings: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """(rows, float32 (n, d)) of those embeddings that are still there, in any order."""
        ...
