"""The backups at a target: listed, verified, removed. Needs no catalog but a scratch one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rag_server.core.backups import Backup, Progress, SavedCollection, Scope, Verdict, Wish, silent
from rag_server.core.documents import View
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.backup.archive import Archive, begun_at
from rag_server.stores.backup.restoration import Restoration, places
from rag_server.stores.backup.retention import Retention
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.verification import Verification
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from rag_server.stores.catalog.instant import Clock, now_utc
from rag_server.stores.catalog.load import Place

# What is not published after this time never will be.
_ABANDONED = timedelta(days=7)


class Vault:
    """Reads, verifies and removes backups. Thread-safe."""

    def __init__(
        self, target: Target, telemetry: Telemetry = SILENT, *, clock: Clock = now_utc
    ) -> None:
        self.archive = Archive(target)
        self._telemetry = telemetry
        self._clock = clock

    def all(self) -> list[Backup]:
        """All backups whose manifest can be read, oldest first."""
        return self.archive.all()

    def get(self, id: str) -> Backup:
        """One backup. Raises NotFound, InvalidRequest, DataLoss."""
        return self.archive.get(id)

    def published(self, id: str) -> bool:
        """Whether there is such a backup."""
        return self.archive.published(id)

    def newest(self, scope: Scope) -> Backup | None:
        """The newest backup of exactly this scope."""
        of_scope = [each for each in self.all() if each.scope == scope]
        return of_scope[-1] if of_scope else None

    def line(self, backup: Backup) -> list[Backup]:
        """The backup and what it builds on, newest first. Raises DataLoss when a part of it
        is gone."""
        return self.archive.line(backup)

    def verify(self, id: str, wish: Wish, progress: Progress = silent) -> Verdict:
        """Restore what is wished for into a scratch catalog and compare. Raises DataLoss."""
        backup = self.get(id)
        chosen = places(backup, wish) if backup.collections else []
        with scratch_directory() as scratch:
            self._check_files(backup, scratch, progress)
            catalog = open_catalog(scratch / "catalog")
            try:
                restored = self._restored(catalog, backup, chosen, scratch, progress)
                comparison = Verification(self.archive, catalog, progress)
                return comparison.compare(backup, restored, scratch)
            finally:
                catalog.close()

    def delete(self, id: str) -> None:
        """Remove a backup. Raises NotFound, and PreconditionFailed while another one builds on
        it."""
        self.get(id)
        needing = [each.id for each in self.all() if each.parent == id]
        if needing:
            raise PreconditionFailed(
                f"backup {needing[0]} builds on {id}: delete it first",
                Reason.BACKUP_IN_USE,
                {"backup": id, "needed_by": needing[0]},
            )
        self.archive.remove(id)

    def discard(self, id: str) -> None:
        """Remove what is left of a backup that was not published."""
        if not self.published(id):
            self.archive.remove(id)

    def expire(self, retention: Retention, progress: Progress = silent) -> list[Backup]:
        """Remove what need not be kept, and what was begun long ago and never published; the
        backups removed."""
        expired = retention.expired(self.all(), self._clock())
        for number, backup in enumerate(expired):
            progress("removing", number, len(expired))
            self.archive.remove(backup.id)
        for name in self.archive.unfinished():
            if self._clock() - begun_at(name) > _ABANDONED:
                self.archive.remove(name)
        return expired

    def _check_files(self, backup: Backup, scratch: Path, progress: Progress) -> None:
        # What no collection needs, such as keys, would not be read otherwise.
        for number, file in enumerate(backup.files):
            progress("checksums", number, len(backup.files))
            with self.archive.segment(backup, file.name, scratch):
                pass

    def _restored(
        self,
        catalog: SqlCatalog,
        backup: Backup,
        chosen: Sequence[Place],
        scratch: Path,
        progress: Progress,
    ) -> list[tuple[SavedCollection, View]]:
        restoration = Restoration(self.archive, catalog, self._telemetry, progress)
        views = restoration.run(backup, chosen, scratch, replace=False)
        return [(place.saved, view) for place, view in zip(chosen, views, strict=True)]


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory that goes away again."""
    with TemporaryDirectory(prefix="ragrpc-backup-") as directory:
        yield Path(directory)
