"""Vector fields of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import Vector, View
from rag_server.core.values import Span


@dataclass(frozen=True, slots=True)
class FieldRows:
    """Vectors of a field, of all versions of documents created up to revision `upto` and after
    an earlier one: the catalog's rows of the documents and where in their text the spans start,
    int64 (n,), and float32 (n, d)."""

    upto: int
    documents: NDArray[np.int64]
    starts: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Place:
    """A visible chunk by its row and id, and where in its document it is."""

    row: int
    chunk_id: str
    document: int
    span: Span


class FieldStore(Protocol):
    """Vectors that documents have in fields beside their chunks."""

    def created(
        self, view: View, modality: Modality, dimension: int, after: int, limit: int
    ) -> FieldRows:
        """Whole revisions after `after` up to at most view.revision, about `limit` vectors (one
        revision at least), deleted ones included; of other dimensions none."""
        ...

    def visible(self, view: View) -> NDArray[np.int64]:
        """Rows of the visible documents, int64 (n,)."""
        ...

    def places(self, view: View, documents: Sequence[int]) -> list[Place]:
        """The visible chunks of those documents, by document in the order of their text."""
        ...

    def documents_of(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """Rows of the documents of chunks, each once, int64 (n,)."""
        ...


class FieldIndex(Protocol):
    """Exact search over the vectors of a field."""

    def nearest(
        self,
        view: View,
        modality: Modality,
        vector: Vector,
        documents: NDArray[np.int64],
        limit: int | None,
        deadline: Deadline,
    ) -> list[tuple[int, int, float]]:
        """(document row, start of the span, cosine) of the `limit` nearest of those documents to
        a unit float32 (d,), and of all that are as near as the last; None: of all; best first.
        Raises DeadlineExceeded."""
        ...
