"""How and where a round ends."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.points import BACKUPS, MIGRATION

_PATIENCE_SECONDS = 6.0
# However slow the machine is, a command passes its points in this time.
_COMMAND_SECONDS = 60.0
# By point, or by its part; elsewhere the first visit.
_LATEST_VISIT = {
    "stream": 6,
    "ingest": 40,
    "commit": 25,
    "index": 8,
    "job": 4,
    "job.undone": 1,
    "reindex": 2,
}


class Work(StrEnum):
    """What is killed: a server that is written to, or a command on the stopped one's data."""

    SERVE = "serve"
    MIGRATE = "migrate"
    BACKUP = "backup"
    RESTORE = "restore"


# Of the rounds that end at a random moment, so many are of these kinds.
_SHARES = {Work.SERVE: 0.7, Work.MIGRATE: 0.1, Work.BACKUP: 0.1, Work.RESTORE: 0.1}


@dataclass(frozen=True, slots=True)
class Death:
    """A round of that work ends at the `visit`-th visit of a point, or after some seconds."""

    seconds: float = _PATIENCE_SECONDS
    point: str = ""
    visit: int = 1
    work: Work = Work.SERVE

    @property
    def arguments(self) -> Sequence[str]:
        """What the process is told."""
        return ("--point", self.point, "--visit", str(self.visit)) if self.point else ()


def at_point(point: str, drawn: random.Random) -> Death:
    """At a random visit of a point; at the first one in a command."""
    part = point.partition(".")[0]
    if point in (*MIGRATION, *BACKUPS):
        return Death(_COMMAND_SECONDS, point, work=Work(part))
    latest = _LATEST_VISIT.get(point, _LATEST_VISIT.get(part, 1))
    return Death(point=point, visit=drawn.randint(1, latest))


def at_random(drawn: random.Random) -> Death:
    """At a random moment."""
    (work,) = drawn.choices(list(_SHARES), list(_SHARES.values()))
    if work is Work.SERVE:
        return Death(seconds=drawn.uniform(0.1, 2.0))
    return Death(seconds=drawn.uniform(0.3, 2.5), work=work)
