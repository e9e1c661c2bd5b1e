"""How and where a round ends."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.points import MIGRATION

_PATIENCE_SECONDS = 6.0
_MIGRATION_SECONDS = 60.0
_LATEST_VISIT = {"ingest": 40, "commit": 25, "index": 8, "job": 4}
# Of the rounds that end at a random moment, so many change the schema.
_MIGRATING = 0.15


@dataclass(frozen=True, slots=True)
class Death:
    """A round ends at the `visit`-th visit of a point, or after some seconds. It is one of a
    server that is written to, or of a change of the schema (`migrating`)."""

    seconds: float = _PATIENCE_SECONDS
    point: str = ""
    visit: int = 1
    migrating: bool = False

    @property
    def arguments(self) -> Sequence[str]:
        """What the process is told."""
        return ("--point", self.point, "--visit", str(self.visit)) if self.point else ()


def at_point(point: str, drawn: random.Random) -> Death:
    """At a random visit of a point."""
    if point in MIGRATION:
        return in_migration(point)
    latest = _LATEST_VISIT.get(point.partition(".")[0], 1)
    return Death(point=point, visit=drawn.randint(1, latest))


def in_migration(point: str) -> Death:
    """At a point that a migration passes however slow the machine is."""
    return Death(_MIGRATION_SECONDS, point, migrating=True)


def at_random(drawn: random.Random) -> Death:
    """At a random moment."""
    if drawn.random() < _MIGRATING:
        return Death(seconds=drawn.uniform(0.3, 1.5), migrating=True)
    return Death(seconds=drawn.uniform(0.1, 2.0))
