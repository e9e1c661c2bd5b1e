"""Backups of one catalog: made of it, and restored into it."""

from collections.abc import Callable, Sequence
from importlib.metadata import version

from rag_server.core.backups import Backup, Progress, Scope, Wish, silent
from rag_server.core.documents import View
from rag_server.core.errors import NotFound, PreconditionFailed, Reason
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.backup.archive import new_id
from rag_server.stores.backup.creation import Creation, Plan
from rag_server.stores.backup.restoration import Restoration, places
from rag_server.stores.backup.vault import Vault, scratch_directory
from rag_server.stores.catalog.catalog import SqlCatalog
from rag_server.stores.catalog.instant import Clock, now_utc
from rag_server.stores.migration import REVISIONS


class Backups:
    """Makes and restores the backups of a vault. Thread-safe."""

    def __init__(
        self,
        catalog: SqlCatalog,
        vault: Vault,
        telemetry: Telemetry = SILENT,
        *,
        clock: Clock = now_utc,
    ) -> None:
        self.vault = vault
        self._catalog = catalog
        self._telemetry = telemetry
        self._clock = clock

    def new_id(self) -> str:
        """An id for a backup that begins now."""
        return new_id(self._clock())

    def create(
        self,
        scope: Scope,
        *,
        parent: Backup | None = None,
        id: str | None = None,
        progress: Progress = silent,
    ) -> Backup:
        """A new backup of a scope, on top of `parent`, which is of the same one. Collections
        that `parent` has no earlier state of are saved as a whole. Raises NotFound when the
        scope names a collection that does not exist."""
        if parent is not None and parent.scope != scope:
            raise PreconditionFailed(
                f"backup {parent.id} is of something else: it cannot be built on",
                Reason.BACKUP_INCOMPATIBLE,
                {"backup": parent.id},
            )
        plan = Plan(
            id=id or self.new_id(),
            scope=scope,
            parent=parent,
            created_at=self._clock(),
            program=version("ragrpc"),
            schema=REVISIONS[-1],
        )
        with self._catalog.dump.snapshot() as snapshot:
            if scope.collection is not None and not snapshot.collections(scope):
                raise _gone(scope.collection)
            creation = Creation(plan, snapshot, self.vault.archive, self._telemetry, progress)
            return creation.run()

    def restore(
        self,
        id: str,
        wish: Wish,
        progress: Progress = silent,
        filled: Callable[[Sequence[int]], None] | None = None,
    ) -> list[View]:
        """Restore collections of a backup, all or none; their views. `filled` is told their
        rows before they are shown. Raises AlreadyExists, NotFound, and DataLoss before
        anything can be seen."""
        backup = self.vault.get(id)
        restoration = Restoration(
            self.vault.archive, self._catalog, self._telemetry, progress, filled
        )
        with scratch_directory() as scratch:
            return restoration.run(backup, places(backup, wish), scratch, replace=wish.replace)

    def published(self, rows: Sequence[int]) -> bool:
        """Whether restored collections are shown."""
        return self._catalog.loader.published(rows)

    def abandon(self, rows: Sequence[int]) -> None:
        """Leave restored collections that are not shown to the sweep."""
        self._catalog.loader.abandon(rows)

    def restore_keys(self, id: str) -> int:
        """Restore the API keys of a backup of the whole server that the catalog does not have;
        how many."""
        backup = self.vault.get(id)
        if not backup.keys:
            return 0
        last = backup.files[-1].name
        with (
            scratch_directory() as scratch,
            self.vault.archive.segment(backup, last, scratch) as segment,
        ):
            return self._catalog.loader.keys(segment.keys())


def _gone(collection: str) -> NotFound:
    message = f"there is no collection {collection}"
    return NotFound(message, Reason.COLLECTION_NOT_FOUND, {"collection": collection})
