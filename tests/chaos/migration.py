"""Killing a change of the schema, in either direction."""

import random
import shutil
from pathlib import Path

from rag_server.stores.migration import REVISIONS
from tests.chaos.death import Death
from tests.chaos.process import die, done
from tests.chaos.tally import Tally

_OLDER, _NEWEST = REVISIONS[-2:]


def migrate_and_die(data_dir: Path, death: Death, drawn: random.Random, tally: Tally) -> bool:
    """Go one revision down or up again until death; whether that came by itself. Whatever
    schema was left, it is a whole one, from which the newest is reached."""
    target = _OLDER
    if drawn.random() < 0.5:
        _migrate(data_dir, _OLDER)
        target = _NEWEST
    arguments = ["--data-dir", str(data_dir), "--to", target, *death.arguments]
    by_itself = die("tests.chaos.command", arguments, death)
    left = _migrate(data_dir, _NEWEST)
    tally.require(left in (_OLDER, _NEWEST), f"the schema is {left} after a kill")
    # One that died at once has left no copy.
    shutil.rmtree(data_dir / "before-migration", ignore_errors=True)
    return by_itself


def _migrate(data_dir: Path, to: str) -> str:
    """The real command, whole; the schema that it found."""
    found: str = done("migrate", "--to", to, "--data-dir", str(data_dir))["before"]
    return found
