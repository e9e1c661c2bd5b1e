"""A way from one schema of the catalog to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag_server.core.errors import InvalidRequest, Violation


class Direction(StrEnum):
    """Where a change of the schema leads."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """From revision `before` (None: there is no catalog yet) to `after`. `steps` are the
    revisions that are applied, or taken back, in this order."""

    before: str | None
    after: str
    direction: Direction
    steps: tuple[str, ...]

    @classmethod
    def between(cls, before: str | None, after: str, known: Sequence[str]) -> "SchemaChange":
        """The change between two of the `known` revisions, which are in order."""
        start = 0 if before is None else known.index(before) + 1
        stop = known.index(after) + 1
        if start < stop:
            return cls(before, after, Direction.UP, tuple(known[start:stop]))
        if start > stop:
            return cls(before, after, Direction.DOWN, tuple(reversed(known[stop:start])))
        return cls(before, after, Direction.NONE, ())


def named(asked: str, known: Sequence[str]) -> str:
    """The known revision that `asked` is, or is the number of: "0001" for "0001_initial".
    Raises InvalidRequest."""
    found = [each for each in known if asked in (each, each.partition("_")[0])]
    if not found:
        raise InvalidRequest.of(Violation("to", f"{asked} is none of: {', '.join(known)}"))
    return found[0]
