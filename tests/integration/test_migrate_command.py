import json
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag_server.stores.catalog.sqlite import FILE
from rag_server.stores.lock import DirectoryLock
from rag_server.stores.migration import REVISIONS, migrate
from tests.chaos.points import KILLED
from tests.serving import serving
from tests.unit.stores.schema_rows import SAMPLES, Rows

OLDEST, NEWEST = REVISIONS[0], REVISIONS[-1]


def run(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rag_server", "migrate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def fill(path: Path, rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for table, some in rows.items():
            for row in some:
                marks = ", ".join("?" * len(row))
                statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
                connection.execute(statement, list(row.values()))
        connection.commit()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory of the oldest schema, with rows in it."""
    migrate(tmp_path, OLDEST)
    fill(tmp_path / FILE, SAMPLES[OLDEST].rows)
    return tmp_path


def no_file_over(size: int) -> Callable[[], None]:
    """The disk is full for every file that would grow beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_up_and_back_with_a_checked_copy_of_each_state(old: Path) -> None:
    before = dump(old / FILE)
    up = json.loads(run("--data-dir", str(old), "--json", check=True).stdout)
    assert (up["before"], up["after"], up["direction"]) == (OLDEST, NEWEST, "up")
    assert [step["revision"] for step in up["steps"]] == list(REVISIONS[1:])
    assert dump(Path(up["copy"])) == before
    after = dump(old / FILE)
    down = json.loads(run("--data-dir", str(old), "--to", "0001", "--json", check=True).stdout)
    assert (down["after"], down["direction"]) == (OLDEST, "down")
    assert dump(Path(down["copy"])) == after


def test_dry_run_tells_the_statements_and_changes_nothing(old: Path) -> None:
    before = dump(old / FILE)
    with DirectoryLock(old):
        told = run("--data-dir", str(old), "--dry-run", check=True).stdout
    assert f"applies {NEWEST}: " in told
    assert "CREATE TABLE generations" in told
    assert dump(old / FILE) == before
    assert not (old / "before-migration").exists()


def test_way_back_that_is_printed_leads_back(old: Path) -> None:
    before = dump(old / FILE)
    told = run("--data-dir", str(old), check=True).stdout
    copy = Path(told.partition("the catalog as it was is in ")[2].splitlines()[0])
    for left in old.glob(f"{FILE}*"):
        left.unlink()
    copy.rename(old / FILE)
    assert dump(old / FILE) == before
    assert f"a release that knows {OLDEST}" in told


def test_current_catalog_is_left_alone(tmp_path: Path) -> None:
    migrate(tmp_path)
    told = run("--data-dir", str(tmp_path), check=True).stdout
    assert told == f"the catalog in {tmp_path} has schema {NEWEST} already\n"
    assert not (tmp_path / "before-migration").exists()


def test_backup_that_was_taken_is_not_taken_again(old: Path) -> None:
    told = run("--data-dir", str(old), "--backup-taken", "--json", check=True).stdout
    assert json.loads(told)["copy"] is None
    assert not (old / "before-migration").exists()


def test_running_server_keeps_its_schema(tmp_path: Path) -> None:
    with serving(tmp_path):
        refused = run("--data-dir", str(tmp_path), "--to", "0001")
    assert refused.returncode == 1
    assert "is in use by process" in refused.stderr


def test_unknown_revision_is_refused_with_those_that_are_known(old: Path) -> None:
    refused = run("--data-dir", str(old), "--to", "0099")
    assert refused.returncode == 1
    assert refused.stderr.endswith(f"0099 is none of: {', '.join(REVISIONS)}\n")


def test_damaged_catalog_is_not_migrated(old: Path) -> None:
    with (old / FILE).open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    damaged = (old / FILE).read_bytes()
    refused = run("--data-dir", str(old))
    assert refused.returncode == 1
    assert "could not be copied, and was not changed" in refused.stderr
    assert (old / FILE).read_bytes() == damaged
    assert list((old / "before-migration").iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--backup-taken",)], ids=["copying", "migrating"])
def test_full_disk_leaves_the_catalog_as_it_was(old: Path, arguments: tuple[str]) -> None:
    before = dump(old / FILE)
    refused = run("--data-dir", str(old), *arguments, preexec_fn=no_file_over(40_000))
    assert refused.returncode == 1
    assert "the disk refused to read or write" in refused.stderr
    assert dump(old / FILE) == before
    run("--data-dir", str(old), check=True)


@pytest.mark.parametrize("point", ["migrate.copied", "migrate.step", "migrate.done"])
def test_killed_at_any_point_the_catalog_is_old_or_new(old: Path, point: str) -> None:
    before = dump(old / FILE)
    command = [sys.executable, "-m", "tests.chaos.command", "--data-dir", str(old)]
    killed = subprocess.run([*command, "--point", point], capture_output=True, text=True)
    assert KILLED in killed.stdout
    changed = dump(old / FILE) != before
    assert changed == (point == "migrate.done")
    again = json.loads(run("--data-dir", str(old), "--json", check=True).stdout)
    assert again["steps"] == [] if changed else again["before"] == OLDEST
