"""The catalog's feeds of committed changes, and who follows them."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.documents import ChunkWords, View


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the feed: entries of all chunks created in (after, upto], each once, with
    float32 (n, d).

    An entry is a distinct embedding of a generation, whatever number of chunks have it; its id
    is the hexadecimal key of the embedding, so that one id never stands for two vectors."""

    upto: int
    ids: list[str]
    vectors: NDArray[np.float32]

    def only(self, wanted: Container[str]) -> "Changes":
        """The wanted ones, as a change that proves no revision."""
        return self._kept([entry in wanted for entry in self.ids])

    def without(self, known: Container[str]) -> "Changes":
        """All but the known ones, likewise."""
        return self._kept([entry not in known for entry in self.ids])

    def _kept(self, kept: Sequence[bool]) -> "Changes":
        return Changes(0, list(compress(self.ids, kept)), self.vectors[np.flatnonzero(kept)])


class Feed(Protocol):
    """What derived indexes follow."""

    def changes(self, view: View, after: int, limit: int) -> Changes:
        """Whole revisions after `after` up to at most view.revision, about `limit` chunks
        (one revision at least)."""
        ...

    def living(self, view: View, ids: Sequence[str], upto: int | None = None) -> Changes:
        """Those of a few hundred entries that a chunk of the generation refers to which is live
        now (and was created at or before revision `upto`), in the form of changes that prove
        no revision (`upto` 0)."""
        ...

    def dead(self, view: View, before: datetime) -> Iterator[list[str]]:
        """Entries to which only chunks refer that were deleted before that time: a few hundred
        at a time, read when they are asked for; some may come twice."""
        ...

    def purge(self, view: View, before: datetime) -> int:
        """Remove for good what was deleted before that time; number of chunks."""
        ...

    def dropped(self, before: datetime) -> list[View]:
        """Views of all generations of collections deleted before that time whose rows are
        still there."""
        ...

    def forget(self, view: View) -> None:
        """Remove all rows of a deleted collection."""
        ...


class WordFeed(Protocol):
    """What the lexical index follows."""

    def changes(self, view: View, after: int, limit: int) -> tuple[int, list[ChunkWords]]:
        """The revision that a stretch as of `Feed.changes` goes up to, and the texts of its
        chunks, each id once."""
        ...

    def dead(self, view: View, before: datetime) -> set[str]:
        """Ids of chunks of which every version was deleted before that time."""
        ...

    def count(self, view: View) -> int:
        """Number of chunk ids of which there is a row, dead or alive."""
        ...

    def known(self, view: View, ids: Sequence[str]) -> set[str]:
        """Those of a few thousand ids of which there is a row, dead or alive."""
        ...


class Applier(Protocol):
    """A derived index as its follower sees it, with one part per `View.index_name`. Called from
    one thread, except for `applied`."""

    @property
    def kind(self) -> str:
        """One word for metrics and people, e.g. "vector"."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied, as last heard; 0 for an unknown name.
        From memory, never raises."""
        ...

    def follow(self, view: View, after: int) -> int:
        """Apply the next stretch of the feed, which is idempotent; `after` is what is applied,
        and below the view's revision. The revision then applied. Raises NotFound when the
        collection is gone, Unavailable when the engine is away."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...

    def names(self) -> list[str]:
        """Names of all parts, as last heard."""
        ...

    def refresh(self) -> None:
        """Hear which parts there are and what they have applied: another process may have
        written, or data may have been lost. Raises Unavailable when the engine is away."""
        ...


class Freshness(Protocol):
    """Tells how far an index has followed."""

    def applied(self, view: View) -> int:
        """Revision that the index has applied."""
        ...

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        """Wait until `revision` is applied, but not for long; the revision then applied.
        Raises Unavailable at once while the index is away."""
        ...
