"""Indexes that are derived from the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.documents import ChunkWords, IndexSettings, Vector
from rag_server.core.protocols.feeds import Changes


class VectorIndex(Protocol):
    """A derived index of vectors, one part per `View.index_name`, whose entries are the distinct
    embeddings of that generation (see `Changes`) and never change. Other processes may change
    the index, too. Raises Unavailable when the engine is away."""

    @property
    def most_results(self) -> int:
        """Most results that one search can give."""
        ...

    def prepare(self, name: str, settings: IndexSettings) -> None:
        """Make the part, built as `settings` say, at revision 0; one that is there stays as
        it is."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied, as last heard; 0 for an unknown name.
        From memory, never raises."""
        ...

    def apply(self, name: str, changes: Changes) -> None:
        """Add the entries that are not there and publish `changes.upto`; idempotent. Raises
        Unavailable for a part that is not prepared or was lost."""
        ...

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Remove entries; unknown ids and names are fine."""
        ...

    def search(
        self, name: str, vector: Vector, limit: int, deadline: Deadline, *, applied: int = 0
    ) -> list[tuple[str, float]]:
        """Up to `limit` (entry, cosine), best first; none for an unknown name.
        Raises Unavailable when the part has not (or no longer) applied the revision
        `applied`, and early enough before the deadline to do without the index."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...

    def names(self) -> list[str]:
        """Names of all parts, as last heard."""
        ...

    def refresh(self) -> None:
        """Hear from the engine which parts there are and what they have applied: another
        process may have written, or data may have been lost."""
        ...


@dataclass(frozen=True, slots=True)
class RankedRows:
    """What a lexical index found, best first, as parallel arrays of n: the catalog's rows
    (int64) and scores (float64). Of each chunk it knows the newest version up to the revision
    `applied`."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    applied: int

    @classmethod
    def nothing(cls, applied: int) -> "RankedRows":
        """No row."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float64), applied)


class LexicalIndex(Protocol):
    """A derived index of words by chunk id, one part per `View.index_name`, of this server alone.
    Scores are sums of BM25 over the question's words and, times `bigram_weight`, its pairs of
    neighbouring words; above 0. Its methods raise Unavailable when the part has not (or no
    longer) applied the revision `applied`."""

    def search(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[str] | None = None,
        applied: int = 0,
    ) -> list[tuple[str, float]]:
        """Up to `limit` (chunk id, score) that share a word with the question, best first; of
        the chunks `among` only, unless it is None. None for an unknown name."""
        ...

    def rank(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[int] | None = None,
        applied: int = 0,
    ) -> RankedRows:
        """The same by the catalog's rows, for a fraction of the time; of the rows `among`
        only, unless it is None."""
        ...

    def score(
        self, name: str, question: str, texts: Sequence[ChunkWords], *, bigram_weight: float
    ) -> list[float]:
        """What chunks that are not in the index would have for scores, as if their words were
        counted with its own; 0 where they share no word with the question."""
        ...


class InspectableLexicalIndex(LexicalIndex, Protocol):
    """A lexical index that can be compared with the catalog, and filled."""

    def prepare(self, name: str) -> int:
        """Make the part unless it is there; the revision that it has applied."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied; 0 for an unknown name."""
        ...

    def apply(self, name: str, chunks: Sequence[ChunkWords], upto: int) -> None:
        """Add the chunks and publish `upto` in one commit; idempotent."""
        ...

    def ids(self, name: str) -> list[str]:
        """Ids of all chunks that it holds, in any order; none for an unknown name."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...


class InspectableIndex(VectorIndex, Protocol):
    """An index that can be compared with the catalog."""

    def ids(self, name: str) -> list[str]:
        """All entries that it holds, in any order; none for an unknown name."""
        ...

    def vectors(self, name: str, ids: Sequence[str]) -> dict[str, Vector]:
        """float32 (d,) by entry of those that it holds, as it was given them."""
        ...
