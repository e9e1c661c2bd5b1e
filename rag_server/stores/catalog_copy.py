"""A copy of the catalog's file that was made before its schema is changed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from rag_server.core.errors import Exhausted, RagError, Reason
from rag_server.stores.catalog.sqlite import FILE, connect
from rag_server.stores.durability import flush
from rag_server.stores.migration_failure import failed

_DIRECTORY = "before-migration"
_UNFINISHED = ".unfinished"
_WHAT = "the catalog could not be copied, and was not changed"


def copy_catalog(data_dir: Path, schema: str, at: datetime) -> Path:
    """Copy the catalog of `data_dir`, which has that schema, beside itself; the copy, which
    SQLite has checked and the disk has. Raises Exhausted when there is no room for it,
    RagError when the catalog is damaged."""
    directory = data_dir / _DIRECTORY
    directory.mkdir(mode=0o700, exist_ok=True)
    for left in directory.glob(f"*{_UNFINISHED}"):
        left.unlink()
    _check_room(data_dir)
    target = directory / f"catalog-{schema}-{at:%Y%m%dT%H%M%S%fZ}.sqlite3"
    unfinished = target.with_name(target.name + _UNFINISHED)
    try:
        with _explained():
            _copy(data_dir / FILE, unfinished)
            flush(unfinished)
        unfinished.rename(target)
        flush(directory)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _check_room(data_dir: Path) -> None:
    size = sum(each.stat().st_size for each in data_dir.glob(f"{FILE}*"))
    free = shutil.disk_usage(data_dir).free
    if free < size:
        raise Exhausted(
            f"{_WHAT}: the copy takes {size:,} bytes and the disk has {free:,} left",
            Reason.NOT_READY,
        )


def _copy(source: Path, target: Path) -> None:
    with closing(connect(source)) as catalog, closing(sqlite3.connect(target)) as copy:
        target.chmod(0o600)
        catalog.backup(copy)
        # One file, which can be moved by itself.
        copy.execute("PRAGMA journal_mode=DELETE")
        found = [row for (row,) in copy.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise RagError(f"{_WHAT}: it is damaged; restore it from a backup", Reason.NOT_READY)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise failed(_WHAT, error) from error
