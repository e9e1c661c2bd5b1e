"""The backups at a target: each a directory named by its id, with files and a manifest."""

import gzip
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path

from rag_server.core.backups import Backup, SavedCollection, SavedFile
from rag_server.core.errors import (
    DataLoss,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Reason,
    Violation,
)
from rag_server.stores.backup import manifest
from rag_server.stores.backup.segment import SegmentReader
from rag_server.stores.backup.target import Target

_ID = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{6}", re.ASCII)
_BLOCK = 1 << 20
# Fast: most of a segment are vectors, which hardly shrink.
_LEVEL = 1


def new_id(at: datetime) -> str:
    """An id for a backup begun at that time; ids ascend in time."""
    moment = at.astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z-{secrets.token_hex(3)}"


def begun_at(id: str) -> datetime:
    """The time in an id."""
    return datetime.strptime(id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


class Archive:
    """Stores and reads backups; one that is not published does not exist."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # Manifests never change once they are there.
        self._decode = lru_cache(maxsize=256)(manifest.decode)

    def get(self, id: str) -> Backup:
        """A published backup. Raises NotFound, and DataLoss."""
        return self._decode(self._manifest(id), id)

    def all(self) -> list[Backup]:
        """All published backups whose manifest this program can read, oldest first."""
        found = []
        for name in self._ids():
            with suppress(NotFound, DataLoss, PreconditionFailed):
                found.append(self.get(name))
        return found

    def unfinished(self) -> list[str]:
        """Ids that were begun but are not published."""
        return [name for name in self._ids() if not self.published(name)]

    def published(self, id: str) -> bool:
        """Whether there is such a backup."""
        try:
            self._manifest(id)
        except NotFound:
            return False
        return True

    def publish(self, backup: Backup) -> None:
        """Make it a backup; its files are there already."""
        self._target.publish(manifest.encode(backup), f"{backup.id}/{manifest.FILE}")

    def remove(self, id: str) -> None:
        """Remove a backup, published or not: the manifest first, so that none is half there."""
        _known_form(id)
        self._target.remove(f"{id}/{manifest.FILE}")
        self._target.remove_directory(id)

    def put(self, id: str, segment: Path, name: str) -> SavedFile:
        """Store a finished segment, compressed."""
        packed = segment.with_suffix(".gz")
        with segment.open("rb") as source, gzip.open(packed, "wb", _LEVEL) as sink:
            shutil.copyfileobj(source, sink, _BLOCK)
        saved = SavedFile(name, packed.stat().st_size, _digest(packed))
        self._target.put(packed, f"{id}/{name}")
        packed.unlink()
        return saved

    @contextmanager
    def segment(self, backup: Backup, name: str, scratch: Path) -> Iterator[SegmentReader]:
        """A segment, fetched, checked and opened. Raises DataLoss when it is
        missing or not what was written."""
        packed, plain = scratch / "segment.gz", scratch / "segment.sqlite3"
        self._fetch(backup, name, packed)
        with gzip.open(packed, "rb") as source, plain.open("wb") as sink:
            shutil.copyfileobj(source, sink, _BLOCK)
        packed.unlink()
        reader = SegmentReader(plain)
        try:
            yield reader
        finally:
            reader.close()
            plain.unlink()

    def chain(self, backup: Backup, saved: SavedCollection) -> list[tuple[Backup, SavedCollection]]:
        """What together holds a collection as `backup` saved it, newest first. Raises RagError
        (BACKUP_CORRUPT) when a part of it is gone."""
        links = [(backup, saved)]
        while saved.since is not None:
            backup = self.parent(backup)
            older = (each for each in backup.collections if each.origin == saved.origin)
            found = next(older, None)
            if found is None or found.revision != saved.since:
                raise manifest.corrupt(backup.id, f"it does not hold revision {saved.since}")
            saved = found
            links.append((backup, saved))
        return links

    def line(self, backup: Backup) -> list[Backup]:
        """The backup and what it builds on, newest first. Raises DataLoss when a part of it
        is gone."""
        line = [backup]
        while line[-1].parent is not None:
            line.append(self.parent(line[-1]))
        return line

    def parent(self, backup: Backup) -> Backup:
        """What an incremental backup builds on. Raises DataLoss when it is gone."""
        try:
            return self.get(backup.parent or "")
        except (NotFound, InvalidRequest):
            reason = f"its parent {backup.parent} is missing"
            raise manifest.corrupt(backup.id, reason) from None

    def _ids(self) -> list[str]:
        return [name for name in self._target.directories() if _ID.fullmatch(name)]

    def _fetch(self, backup: Backup, name: str, destination: Path) -> None:
        expected = next(file for file in backup.files if file.name == name)
        try:
            self._target.fetch(f"{backup.id}/{name}", destination)
        except NotFound:
            raise manifest.corrupt(backup.id, f"{name} is missing") from None
        if destination.stat().st_size != expected.size or _digest(destination) != expected.sha256:
            raise manifest.corrupt(backup.id, f"{name} does not match its checksum")

    def _manifest(self, id: str) -> bytes:
        _known_form(id)
        try:
            return self._target.read(f"{id}/{manifest.FILE}")
        except NotFound:
            message = f"there is no backup {id}"
            raise NotFound(message, Reason.BACKUP_NOT_FOUND, {"backup": id}) from None


def _known_form(id: str) -> None:
    if not _ID.fullmatch(id):
        raise InvalidRequest.of(Violation("backup_id", "is not the id of a backup"))


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return file_digest(source, "sha256").hexdigest()
