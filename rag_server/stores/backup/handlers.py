"""Backups as jobs: what may be begun again by another server, and undone."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rag_server.core.backups import Backup, Progress, Scope, Wish
from rag_server.core.documents import View
from rag_server.core.errors import DataLoss, PreconditionFailed
from rag_server.core.jobs import JobWork
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.retention import Retention

BACKUP, RESTORE, VERIFY, EXPIRE = "backup", "restore", "verify_backup", "expire_backups"


def _progress(work: JobWork) -> Progress:
    def told(phase: str, done: int, total: int) -> None:
        work.progress(phase, done, total)
        work.check()

    return told


class BackupHandler:
    """Makes a backup. An attempt that ended before its backup was published left files that
    nobody takes for one; they go before the next attempt begins."""

    kind = BACKUP

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Spec: `incremental`, `base` (an id, or empty: the newest of the same scope) and
        `full_every` (length of a chain; 0: no limit)."""
        earlier = work.checkpoint.get("id", "")
        if earlier and self._backups.vault.published(earlier):
            return _summary(self._backups.vault.get(earlier))
        self.undo(work)
        scope = Scope(work.job.tenant, work.job.collection or None)
        parent = self._parent(scope, work.job.spec)
        new = self._backups.new_id()
        work.save({"id": new})
        return _summary(
            self._backups.create(scope, parent=parent, id=new, progress=_progress(work))
        )

    def undo(self, work: JobWork) -> None:
        """Remove what was not published."""
        if earlier := work.checkpoint.get("id"):
            self._backups.vault.discard(earlier)

    def _parent(self, scope: Scope, spec: Mapping[str, Any]) -> Backup | None:
        if not spec.get("incremental"):
            return None
        if base := spec.get("base"):
            return self._backups.vault.get(base)
        newest = self._backups.vault.newest(scope)
        if newest is None:
            return None
        try:
            length = len(self._backups.vault.line(newest))
        except (DataLoss, PreconditionFailed):
            # Nothing can be built on a chain that lacks a link: a new one begins.
            return None
        longest = spec.get("full_every", 0)
        return None if longest and length >= longest else newest


class RestoreHandler:
    """Restores a collection, or all of a tenant."""

    kind = RESTORE

    def __init__(self, backups: Backups, notify: Callable[[View], None]) -> None:
        """`notify` is told of what can be seen now."""
        self._backups = backups
        self._notify = notify

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Spec: `backup`, `collection` and `name` (empty: all, under their own names),
        `replace`. What an earlier attempt has published is not restored again."""
        spec = work.job.spec
        shown = work.checkpoint.get("collections", [])
        if shown and self._backups.published(shown):
            return {"collections": len(shown)}
        scope = Scope(work.job.tenant, spec["collection"] or None)
        wish = Wish(scope, name=spec["name"] or None, replace=spec["replace"])
        views = self._backups.restore(
            spec["backup"],
            wish,
            _progress(work),
            lambda rows: work.save({"collections": rows}),
        )
        for view in views:
            self._notify(view)
        return {"collections": len(views)}

    def undo(self, work: JobWork) -> None:
        """Leave to the sweep what was not shown."""
        self._backups.abandon(work.checkpoint.get("collections", []))


class VerifyHandler:
    """Verifies a backup, as far as it is the tenant's."""

    kind = VERIFY

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Spec: `backup`."""
        wish = Wish(Scope(work.job.tenant))
        return asdict(self._backups.vault.verify(work.job.spec["backup"], wish, _progress(work)))

    def undo(self, work: JobWork) -> None:
        """It leaves nothing."""


class ExpireHandler:
    """Removes what need not be kept."""

    kind = EXPIRE

    def __init__(self, backups: Backups, retention: Retention) -> None:
        self._backups = backups
        self._retention = retention

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """No spec; the settings say what is kept."""
        removed = self._backups.vault.expire(self._retention, _progress(work))
        return {"backups": [each.id for each in removed]}

    def undo(self, work: JobWork) -> None:
        """What is removed stays removed."""


def _summary(backup: Backup) -> Mapping[str, Any]:
    return {
        "backup": backup.id,
        "kind": backup.kind,
        "bytes": backup.size,
        "collections": len(backup.collections),
        "documents": sum(each.documents for each in backup.collections),
    }
