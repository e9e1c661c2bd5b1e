"""Killing a change of the schema, in either direction."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from rag_server.stores.migration import REVISIONS
from tests.chaos.death import Death
from tests.chaos.tally import Tally

_OLDER, _NEWEST = REVISIONS[-2:]


def migrate_and_die(data_dir: Path, death: Death, drawn: random.Random, tally: Tally) -> bool:
    """Go one revision down or up again until death; whether that came by itself. Whatever
    schema was left, it is a whole one, from which the newest is reached."""
    target = _OLDER
    if drawn.random() < 0.5:
        _migrate(data_dir, _OLDER)
        target = _NEWEST
    by_itself = _die(data_dir, target, death)
    left = _migrate(data_dir, _NEWEST)
    tally.require(left in (_OLDER, _NEWEST), f"the schema is {left} after a kill")
    shutil.rmtree(data_dir / "before-migration")
    return by_itself


def _die(data_dir: Path, target: str, death: Death) -> bool:
    command = [sys.executable, "-m", "tests.chaos.command", "--data-dir", str(data_dir)]
    process = subprocess.Popen(
        [*command, "--to", target, *death.arguments], stdout=subprocess.DEVNULL
    )
    try:
        code = process.wait(death.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the migration ended with {code}")
    return code != 0


def _migrate(data_dir: Path, to: str) -> str:
    """The real command, whole; the schema that it found."""
    command = [sys.executable, "-m", "rag_server", "migrate", "--to", to, "--json"]
    done = subprocess.run(
        [*command, "--data-dir", str(data_dir)], check=True, stdout=subprocess.PIPE
    )
    found: str = json.loads(done.stdout)["before"]
    return found
