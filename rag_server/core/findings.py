"""What a verification finds: disagreements, counted by kind and place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

_EXAMPLES = 5


class Kind(StrEnum):
    """What disagrees: first in the vector index, which is derived, then in the catalog."""

    MISSING = "missing"
    SUPERFLUOUS = "superfluous"
    WRONG_VECTOR = "wrong_vector"
    NOT_FOUND = "not_found"
    AHEAD = "ahead"
    BEHIND = "behind"
    ORPHANED = "orphaned"

    DAMAGED = "damaged"
    DANGLING = "dangling"
    NO_GENERATION = "no_generation"
    BEYOND_REVISION = "beyond_revision"
    SEVERAL_VERSIONS = "several_versions"
    WRONG_LIFE = "wrong_life"
    WRONG_CHUNK_COUNT = "wrong_chunk_count"
    WRONG_SIZE = "wrong_size"
    WRONG_TEXT = "wrong_text"
    WRONG_SENTENCES = "wrong_sentences"
    WRONG_EMBEDDING = "wrong_embedding"

    @property
    def derived(self) -> bool:
        """Whether it is about the index, which can be repaired from the catalog."""
        return self in _DERIVED

    @property
    def settles(self) -> bool:
        """Whether a kill may leave it, and the next start of a server sets it right."""
        return self in (Kind.BEHIND, Kind.ORPHANED)


_DERIVED = frozenset(
    {
        Kind.MISSING,
        Kind.SUPERFLUOUS,
        Kind.WRONG_VECTOR,
        Kind.NOT_FOUND,
        Kind.AHEAD,
        Kind.BEHIND,
        Kind.ORPHANED,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`count` things of one kind in one place (a part of the index, a table), with the ids
    of some. `repaired`: a second look after the repair did not find it any more."""

    kind: Kind
    where: str
    count: int
    examples: tuple[str, ...] = ()
    repaired: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody has to do something about it."""
        return not (self.repaired or self.kind.settles)


@dataclass(slots=True)
class Findings:
    """Collects findings; one per kind and place, in the order in which they came up."""

    _ids: dict[tuple[Kind, str], list[str]] = field(default_factory=dict)
    _counts: dict[tuple[Kind, str], int] = field(default_factory=dict)

    def note(self, kind: Kind, where: str, ids: Sequence[str], count: int | None = None) -> None:
        """So many more, none being no finding; by default as many as there are ids."""
        more = len(ids) if count is None else count
        if more:
            some = self._ids.setdefault((kind, where), [])
            some += ids[: _EXAMPLES - len(some)]
            self._counts[kind, where] = self._counts.get((kind, where), 0) + more

    def all(self) -> list[Finding]:
        """Everything so far."""
        return [
            Finding(kind, where, self._counts[kind, where], tuple(ids))
            for (kind, where), ids in self._ids.items()
        ]


class Progress(Protocol):
    """Hears how far a verification is."""

    def __call__(self, what: str, done: int) -> None:
        """So many things (documents, chunks, rows) of `what` were looked at."""
        ...
