"""Restoring: a chain of backups is read segment by segment into collections that nobody sees,
which are compared with what the manifest says and then shown at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_server.core.backups import Backup, Progress, SavedCollection, Wish
from rag_server.core.documents import View
from rag_server.core.errors import InvalidRequest, NotFound, RagError, Reason, Violation
from rag_server.core.telemetry import Telemetry
from rag_server.stores.backup.archive import Archive
from rag_server.stores.backup.creation import digest_text
from rag_server.stores.backup.manifest import corrupt
from rag_server.stores.backup.ranges import RowSet
from rag_server.stores.backup.segment import SegmentReader
from rag_server.stores.catalog.catalog import SqlCatalog
from rag_server.stores.catalog.load import Load, Place

# Documents that are compared between two signs of life.
_STRETCH = 10_000


def places(backup: Backup, wish: Wish) -> list[Place]:
    """Where each collection that is wished for goes. Raises NotFound when the backup holds
    none, InvalidRequest when two would get the same name."""
    found = [each for each in backup.collections if wish.scope.covers(each.tenant, each.name)]
    if not found:
        message = f"backup {backup.id} does not hold what is to be restored"
        raise NotFound(message, Reason.COLLECTION_NOT_FOUND, {"backup": backup.id})
    chosen = [Place(wish.tenant or each.tenant, wish.name or each.name, each) for each in found]
    if len({(place.tenant, place.name) for place in chosen}) < len(chosen):
        raise InvalidRequest.of(
            Violation("name", "is for one collection; choose which one to restore")
        )
    return chosen


@dataclass(frozen=True, slots=True)
class Part:
    """Some documents of a segment, with the SHA-256 of their texts by row."""

    load: Load
    hashes: Mapping[int, bytes]


class Restoration:
    """Restores into one catalog."""

    def __init__(
        self,
        archive: Archive,
        catalog: SqlCatalog,
        telemetry: Telemetry,
        progress: Progress,
        filled: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        """`filled` is told the rows of the collections that are complete and not yet shown."""
        self._archive = archive
        self._loader = catalog.loader
        self._dump = catalog.dump
        self._telemetry = telemetry
        self._progress = progress
        self._filled = filled

    def run(
        self, backup: Backup, chosen: Sequence[Place], scratch: Path, *, replace: bool
    ) -> list[View]:
        """Views of the restored collections, in the order of `chosen`."""
        if not replace:
            self._loader.taken(chosen)
        filled: dict[int, Place] = {}
        try:
            for place in chosen:
                row = self._loader.begin(place)
                filled[row] = place
                self._fill(filled, row, backup, scratch)
                self._compare(filled, row, backup)
            if self._filled is not None:
                self._filled(list(filled))
            self._telemetry.reached("restore.swap")
            views = self._loader.publish(filled, replace=replace)
        except BaseException:
            # Where even this fails, they are swept away later.
            with suppress(RagError):
                self._loader.abandon(filled)
            raise
        self._telemetry.reached("restore.done")
        return views

    def _fill(self, held: Mapping[int, Place], row: int, backup: Backup, scratch: Path) -> None:
        saved = held[row].saved
        done = 0

        def fetched() -> None:
            # A segment may take long, and hold nothing that is still live.
            self._progress("documents", done, saved.documents)
            self._loader.hold(held)

        for part in parts(self._archive, backup, saved, scratch, fetched):
            self._progress("documents", done, saved.documents)
            done += self._loader.add(row, part.load, held)
            self._telemetry.reached("restore.batch")

    def _compare(self, held: Mapping[int, Place], row: int, backup: Backup) -> None:
        """What was loaded must be what was saved, whatever the files say."""
        saved = held[row].saved
        live: list[int] = []
        with self._dump.snapshot() as snapshot:
            for number, each in enumerate(snapshot.live(row)):
                if number % _STRETCH == 0:
                    self._progress("comparing", number, saved.documents)
                    self._loader.hold(held)
                live.append(each.digest)
            chunks = snapshot.chunk_count(row, 1)
        if (len(live), chunks, digest_text(sum(live))) != (
            saved.documents,
            saved.chunks,
            saved.digest,
        ):
            raise corrupt(backup.id, f"{saved.name} is not what was saved")


def parts(
    archive: Archive,
    backup: Backup,
    saved: SavedCollection,
    scratch: Path,
    fetched: Callable[[], None] = lambda: None,
) -> Iterator[Part]:
    """All live documents of a collection as `backup` saved it, each once, a few at a time.
    `fetched` is called after each file that was fetched."""
    with archive.segment(backup, saved.files[0], scratch) as first:
        live = first.live(saved.origin)
    fetched()
    for link, state in archive.chain(backup, saved):
        for name in state.files:
            with archive.segment(link, name, scratch) as segment:
                fetched()
                yield from _live_parts(segment, saved.origin, live)


def _live_parts(segment: SegmentReader, origin: int, live: RowSet) -> Iterator[Part]:
    for batch in segment.batches(origin):
        hashes = {row[0]: row[-1] for row in batch.documents if row[0] in live}
        if hashes:
            kept = [row[:-1] for row in batch.documents if row[0] in hashes]
            yield Part(Load(kept, batch.chunks, batch.embeddings, batch.vectors), hashes)
