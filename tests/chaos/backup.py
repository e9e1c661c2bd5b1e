"""Killing backups and restorations."""

import random
from pathlib import Path

from tests.chaos.death import Death
from tests.chaos.process import CommandFailed, die, done
from tests.chaos.tally import Tally

_PROCESS = "tests.chaos.backup_process"


def back_up_and_die(data_dir: Path, death: Death, _: random.Random, tally: Tally) -> bool:
    """Back up on top of the newest backup until death; whether that came by itself. All
    backups that are seen afterwards can be restored."""
    by_itself = _die(data_dir, death, "backup")
    for backup in done("backups", "list", "--url", _target(data_dir))["backups"]:
        _verify(data_dir, backup["id"], tally)
    return by_itself


def restore_and_die(data_dir: Path, death: Death, _: random.Random, tally: Tally) -> bool:
    """Replace everything by a backup of the same state until death, so that whatever came of
    it nothing may be missing."""
    target = _target(data_dir)
    made = done("backup", "--data-dir", str(data_dir), "--url", target)
    _verify(data_dir, made["id"], tally)
    return _die(data_dir, death, "restore")


def _die(data_dir: Path, death: Death, what: str) -> bool:
    arguments = [str(data_dir), _target(data_dir), death.point, str(death.visit), what]
    return die(_PROCESS, arguments, death)


def _verify(data_dir: Path, id: str, tally: Tally) -> None:
    try:
        done("backups", "verify", id, "--url", _target(data_dir))
    except CommandFailed as error:
        tally.verified(False, f"backup {id} cannot be restored: {error}")


def _target(data_dir: Path) -> str:
    return str(data_dir.with_name("backups"))
