from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.backups import Backup, Scope
from rag_server.stores.backup.archive import new_id
from rag_server.stores.backup.retention import Retention

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SCOPES = (Scope(), Scope("acme"), Scope("acme", "docs"))


def backup(day: int, parent: Backup | None = None, scope: Scope = SCOPES[0]) -> Backup:
    at = START + day * DAY
    return Backup(new_id(at), parent.id if parent else None, scope, at, "1", "s")


def days(backups: list[Backup]) -> list[int]:
    return [(each.created_at - START).days for each in backups]


@pytest.mark.parametrize(
    ("retention", "expired"),
    [
        (Retention(), []),
        (Retention(keep_last=2), [2, 1, 0]),
        (Retention(keep_for=2 * DAY), [2, 1, 0]),
        (Retention(keep_last=1, keep_for=timedelta(hours=36)), [3, 2, 1, 0]),
        (Retention(keep_last=4, keep_for=DAY), [0]),
        (Retention(keep_for=timedelta(minutes=1)), [3, 2, 1, 0]),
    ],
)
def test_a_backup_is_kept_while_any_rule_keeps_it(retention: Retention, expired: list[int]) -> None:
    backups = [backup(day) for day in range(5)]
    now = START + 4 * DAY + timedelta(hours=12)
    assert days(retention.expired(backups, now)) == expired


def test_what_a_kept_backup_builds_on_is_kept() -> None:
    old = backup(0)
    full = backup(1)
    first = backup(2, full)
    second = backup(3, first)
    expired = Retention(keep_last=1).expired([old, full, first, second], START + 9 * DAY)
    assert expired == [old]


def test_scopes_are_counted_apart() -> None:
    backups = [backup(day, scope=SCOPES[day % 3]) for day in range(6)]
    assert days(Retention(keep_last=1).expired(backups, START + 9 * DAY)) == [2, 1, 0]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=20),
    st.integers(1, 5),
    st.integers(1, 10),
)
def test_nothing_is_ever_left_without_what_it_builds_on(
    drawn: list[tuple[int, bool]], keep_last: int, keep_days: int
) -> None:
    backups: list[Backup] = []
    for day, (scope, builds) in enumerate(drawn):
        older = [each for each in backups if each.scope == SCOPES[scope]]
        backups.append(backup(day, older[-1] if builds and older else None, SCOPES[scope]))
    retention = Retention(keep_last=keep_last, keep_for=keep_days * DAY)
    there = {each.id: each for each in backups}
    for each in retention.expired(backups, START + len(drawn) * DAY):
        del there[each.id]
        assert all(kept.parent is None or kept.parent in there for kept in there.values())
    assert {each.scope for each in there.values()} == {each.scope for each in backups}
