"""Which backups are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rag_server.core.backups import Backup, Scope


@dataclass(frozen=True, slots=True)
class Retention:
    """A backup is kept while it is among the newest `keep_last` of its scope, or younger than
    `keep_for`. The newest of a scope is always kept, and so is what a kept one builds on;
    with neither rule everything is."""

    keep_last: int | None = None
    keep_for: timedelta | None = None

    @classmethod
    def of(cls, keep_last: int | None, keep_seconds: float | None) -> "Retention":
        """The rules that are set."""
        return cls(keep_last, None if keep_seconds is None else timedelta(seconds=keep_seconds))

    def expired(self, backups: Sequence[Backup], now: datetime) -> list[Backup]:
        """What need not be kept, newest first: in the order in which it can be removed, so
        that nothing is left without what it builds on."""
        if self.keep_last is None and self.keep_for is None:
            return []
        kept = _with_parents(backups, {each.id for each in self._kept(backups, now)})
        newest_first = sorted(backups, key=lambda each: each.id, reverse=True)
        return [each for each in newest_first if each.id not in kept]

    def _kept(self, backups: Sequence[Backup], now: datetime) -> list[Backup]:
        rank: dict[Scope, int] = {}
        kept = []
        for backup in sorted(backups, key=lambda each: each.id, reverse=True):
            place = rank[backup.scope] = rank.get(backup.scope, 0) + 1
            young = self.keep_for is not None and now - backup.created_at < self.keep_for
            if place <= max(1, self.keep_last or 0) or young:
                kept.append(backup)
        return kept


def _with_parents(backups: Sequence[Backup], kept: set[str]) -> set[str]:
    parents = {each.id: each.parent for each in backups}
    closed: set[str] = set()
    for name in kept:
        each: str | None = name
        while each is not None and each not in closed:
            closed.add(each)
            each = parents.get(each)
    return closed
