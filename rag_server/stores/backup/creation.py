"""Making a backup: one snapshot of the catalog, written as segments, then the manifest."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rag_server.core.backups import Backup, Progress, SavedCollection, SavedFile, Scope
from rag_server.core.documents import Collection
from rag_server.core.errors import DataLoss, NotFound, Reason
from rag_server.core.telemetry import Telemetry
from rag_server.stores.backup.archive import Archive
from rag_server.stores.backup.ranges import ranges
from rag_server.stores.backup.segments import Segments
from rag_server.stores.catalog.dump import LiveDocument, Snapshot

# Bytes of text, and rows, after which a batch of documents is full.
_BATCH_BYTES = 2 << 20
_BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make: under which id, of what, and on top of which backup."""

    id: str
    scope: Scope
    parent: Backup | None
    created_at: datetime
    program: str
    schema: str


class Creation:
    """Makes one backup."""

    def __init__(
        self,
        plan: Plan,
        snapshot: Snapshot,
        archive: Archive,
        telemetry: Telemetry,
        progress: Progress,
    ) -> None:
        self._plan = plan
        self._snapshot = snapshot
        self._progress = progress
        self._archive = archive
        self._telemetry = telemetry

    def run(self) -> Backup:
        """The backup, published. Raises NotFound when what it builds on was removed."""
        plan = self._plan
        before = {each.origin: each for each in plan.parent.collections} if plan.parent else {}
        with TemporaryDirectory(prefix="ragrpc-backup-") as scratch:
            segments = Segments(self._snapshot, self._put, Path(scratch))
            saved = [
                self._save(segments, collection, before.get(collection.id))
                for collection in self._snapshot.collections(plan.scope)
            ]
            keys = self._save_keys(segments)
            files = segments.finish()
        backup = Backup(
            id=plan.id,
            parent=plan.parent.id if plan.parent else None,
            scope=plan.scope,
            created_at=plan.created_at,
            program=plan.program,
            schema=plan.schema,
            collections=tuple(saved),
            files=files,
            keys=keys,
        )
        # The last chance to stop: whoever took this over may be removing its files.
        self._progress("publishing", 0, 1)
        self._check_line(backup)
        self._telemetry.reached("backup.manifest")
        self._archive.publish(backup)
        if backup.scope == Scope():
            self._telemetry.backed_up(backup.size)
        self._telemetry.reached("backup.done")
        return backup

    def _check_line(self, backup: Backup) -> None:
        try:
            self._archive.line(backup)
        except DataLoss as error:
            raise NotFound(
                "what the backup builds on was removed meanwhile: make a full one",
                Reason.BACKUP_NOT_FOUND,
                {"backup": backup.parent or ""},
            ) from error

    def _save(
        self, segments: Segments, collection: Collection, older: SavedCollection | None
    ) -> SavedCollection:
        since = older.revision if older and self._continues(collection, older) else None
        live = _Live(since or 0)
        for document in self._snapshot.live(collection.id):
            live.add(document)
        segments.begin(collection.id, ranges(sorted(live.rows)))
        done = 0
        for batch in _batches(live.new):
            self._progress("documents", done, len(live.new))
            segments.add(collection.generation, batch)
            done += len(batch)
        return SavedCollection(
            tenant=collection.tenant,
            name=collection.name,
            description=collection.description,
            origin=collection.id,
            created_at=collection.created_at,
            revision=collection.revision,
            committed_at=self._snapshot.committed_at(collection.id, collection.revision),
            generation=collection.generation,
            settings=collection.settings,
            documents=len(live.rows),
            chunks=self._snapshot.chunk_count(collection.id, collection.generation),
            digest=live.digest(),
            since=since,
            files=segments.end(),
            metadata_schema=collection.metadata_schema,
        )

    def _continues(self, collection: Collection, older: SavedCollection) -> bool:
        """Whether `older` is an earlier state of the same collection: of the same row, at a
        revision that it had at the same time, and cut in the same way. A catalog that was
        restored has other rows and other times under the same numbers."""
        same = (older.created_at, older.generation) == (
            collection.created_at,
            collection.generation,
        )
        return (
            same
            and older.committed_at is not None
            and older.committed_at == self._snapshot.committed_at(collection.id, older.revision)
        )

    def _put(self, segment: Path, name: str) -> SavedFile:
        saved = self._archive.put(self._plan.id, segment, name)
        self._telemetry.reached("backup.segment")
        return saved

    def _save_keys(self, segments: Segments) -> int:
        if self._plan.scope != Scope():
            return 0
        keys = self._snapshot.keys()
        segments.keys(keys)
        return len(keys)


@dataclass(slots=True)
class _Live:
    """The visible documents of a collection; of those that came after revision `since` also
    their size."""

    since: int
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    new: list[tuple[int, int]] = field(default_factory=list)
    _digest: int = 0

    def add(self, document: LiveDocument) -> None:
        self.rows.append(document.row)
        self._digest += document.digest
        if document.created_rev > self.since:
            self.new.append((document.row, document.size))

    def digest(self) -> str:
        return digest_text(self._digest)


def digest_text(total: int) -> str:
    """The digest of a set of documents whose own digests add up to `total`."""
    return f"{total % (1 << 256):064x}"


def _batches(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Rows of (row, size) in ascending order, some at a time."""
    batch: list[int] = []
    total = 0
    for row, size in sorted(sizes):
        if batch and (total + size > _BATCH_BYTES or len(batch) == _BATCH_ROWS):
            yield batch
            batch, total = [], 0
        batch.append(row)
        total += size
    if batch:
        yield batch
