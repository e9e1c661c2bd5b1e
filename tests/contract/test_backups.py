"""What is backed up comes back: whole, at one revision, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.backups import Backup, BackupKind, Scope, Wish
from rag_server.core.documents import Collection, GenerationSettings, NewDocument, View
from rag_server.core.errors import (
    AlreadyExists,
    DataLoss,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
)
from rag_server.core.jobs import Claim, JobRequest, JobState, Progress
from rag_server.core.principal import Role
from rag_server.core.protocols import Catalog
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.handlers import BackupHandler
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from tests.contract.conftest import Clock, ClosableCatalog, Points, entry

Draw = Callable[..., NewDocument]
State = Mapping[str, tuple[str, tuple[str, ...]]]

SETTINGS = GenerationSettings("minilm")
ACME = Scope("acme", "docs")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def backups(
    catalog_under_test: ClosableCatalog,
    target: Path,
    catalog_points: Points,
    catalog_clock: Clock,
) -> Backups:
    catalog = cast("SqlCatalog", catalog_under_test)
    return backups_of(catalog, target, catalog_clock, catalog_points)


def backups_of(
    catalog: SqlCatalog, target: Path, clock: Clock, telemetry: Telemetry = SILENT
) -> Backups:
    vault = Vault(Target(str(target)), telemetry, clock=clock)
    return Backups(catalog, vault, telemetry, clock=clock)


@pytest.fixture
def docs(catalog_under_test: Catalog) -> Collection:
    return catalog_under_test.collections.create("acme", "docs", "All of it.", SETTINGS)


def state(catalog: Catalog, name: str, tenant: str = "acme") -> State:
    """Text and chunks of every visible document."""
    return seen(catalog, catalog.collections.get(tenant, name).view)


def seen(catalog: Catalog, view: View) -> State:
    return {
        each.id: (text_of(catalog, view, each.id), chunks_of(catalog, view, each.id))
        for each in catalog.documents.page(view, "", 1_000)
    }


def text_of(catalog: Catalog, view: View, name: str) -> str:
    found = catalog.documents.get(view, name)
    assert found is not None
    return found.text


def chunks_of(catalog: Catalog, view: View, name: str) -> tuple[str, ...]:
    return tuple(each.text for each in catalog.reader.of_document(view, name, -1, 100) or [])


def everything(catalog: Catalog, view: View) -> list[object]:
    """What a restored collection must have in common with the one that was saved, vectors
    and spans of sentences included."""
    rows = [row for row, _ in catalog.chunks.vectors(view)[0]]
    return [
        [vars_of(each) for each in catalog.documents.page(view, "", 1_000)],
        [(each.id, each.span, each.tokens) for each in catalog.chunks.read(rows).values()],
        [(each.spans, each.vectors.tolist()) for each in catalog.chunks.sentences(rows).values()],
        catalog.chunks.vectors(view)[1].tolist(),
    ]


def vars_of(each: object) -> Mapping[str, object]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_collection_comes_back_under_another_name_as_it_was(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    written = [
        catalog_document("a", "one two", metadata={"year": 2026}),
        catalog_document("b", "two three"),
        catalog_document("empty", ""),
    ]
    catalog.documents.write(docs, written)
    catalog.documents.delete(docs, ["b"])
    backup = backups.create(ACME)
    (view,) = backups.restore(backup.id, Wish(name="again"))
    again, before = (
        catalog.collections.get("acme", name, counts=True) for name in ("again", "docs")
    )
    assert again.view == view
    assert everything(catalog, again.view) == everything(catalog, before.view)
    for name in ("description", "revision", "settings", "created_at", "document_count"):
        assert getattr(again, name) == getattr(before, name)


def test_a_restored_collection_is_written_to_and_followed_like_any_other(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document("a", "one")])
    backup = backups.create(ACME)
    backups.restore(backup.id, Wish(name="again"))
    again = catalog.collections.get("acme", "again")
    assert catalog.documents.write(again, [catalog_document("b", "two")]).revision == 2
    changes = catalog.feed.changes(catalog.collections.get("acme", "again").view, 0, 100)
    assert changes.ids == [entry("one"), entry("two")]
    assert seen(catalog, again.view) == {"a": ("one", ("one",))}


IDS = st.sampled_from("abcd")
TEXTS = st.lists(st.sampled_from(["one", "two", "three"]), unique=True, max_size=3).map(" ".join)
WRITE = st.tuples(st.just("write"), st.lists(st.tuples(IDS, TEXTS), min_size=1, max_size=3))
DELETE = st.tuples(st.just("delete"), st.lists(IDS, min_size=1, max_size=2))
OTHER = st.sampled_from(("purge", "save")).map(lambda kind: (kind, list[object]()))
STEPS = st.lists(st.one_of(WRITE, DELETE, OTHER), min_size=2, max_size=10)

names = count()


@settings(
    max_examples=12,
    deadline=None,
    # Every example makes a collection of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_every_backup_of_a_chain_restores_the_state_of_its_moment(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    catalog_clock: Clock,
    steps: Sequence[tuple[str, list[object]]],
) -> None:
    catalog = catalog_under_test
    name = f"c{next(names)}"
    docs = catalog.collections.create("acme", name, "", SETTINGS)
    chain: list[tuple[Backup, State]] = []
    for kind, items in [("save", []), *steps, ("save", [])]:
        now = catalog_clock.pass_seconds(60)
        if kind == "write":
            drawn = [catalog_document(*cast("tuple[str, str]", item)) for item in items]
            catalog.documents.write(docs, drawn)
        elif kind == "delete":
            catalog.documents.delete(docs, cast("list[str]", items))
        elif kind == "purge":
            catalog.feed.purge(catalog.collections.get("acme", name).view, now)
        else:
            parent = chain[-1][0] if chain else None
            made = backups.create(Scope("acme", name), parent=parent)
            chain.append((made, state(catalog, name)))
    for number, (backup, expected) in enumerate(chain):
        assert backup.kind is (BackupKind.INCREMENTAL if number else BackupKind.FULL)
        (view,) = backups.restore(backup.id, Wish(name=f"{name}-{number}"))
        assert seen(catalog, view) == expected


def test_an_increment_holds_what_is_new_only(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document(f"d{n}", f"word{n}") for n in range(200)])
    full = backups.create(ACME)
    catalog.documents.write(docs, [catalog_document("d7", "other")])
    catalog.documents.delete(docs, ["d8"])
    increment = backups.create(ACME, parent=full)
    assert increment.size < full.size / 5
    assert increment.collections[0].since == full.collections[0].revision
    (view,) = backups.restore(increment.id, Wish(name="again"))
    assert seen(catalog, view) == state(catalog, "docs")


def test_another_collection_under_the_same_name_is_saved_as_a_whole(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document("a", "one")])
    full = backups.create(ACME)
    backups.restore(full.id, Wish(replace=True))
    increment = backups.create(ACME, parent=full)
    assert increment.collections[0].since is None
    (view,) = backups.restore(increment.id, Wish(name="again"))
    assert seen(catalog, view) == {"a": ("one", ("one",))}


def test_a_backup_of_a_rebuilt_catalog_never_builds_on_one_of_its_predecessor(
    catalog_document: Draw, catalog_clock: Clock, target: Path, tmp_path: Path
) -> None:
    first = open_catalog(tmp_path / "first", clock=catalog_clock)
    docs = first.collections.create("acme", "docs", "", SETTINGS)
    for word in ("one", "two"):
        first.documents.write(docs, [catalog_document(word, word)])
    full = backups_of(first, target, catalog_clock).create(ACME)
    catalog_clock.pass_seconds(1)
    rebuilt = open_catalog(tmp_path / "rebuilt", clock=catalog_clock)
    backups = backups_of(rebuilt, target, catalog_clock)
    (view,) = backups.restore(full.id, Wish())
    # The same numbers of row and revision as before, in another catalog.
    assert view == first.collections.get("acme", "docs").view
    assert backups.create(ACME, parent=full).collections[0].since is None
    first.close()
    rebuilt.close()


def test_a_server_is_backed_up_and_its_tenants_restored_with_their_keys(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    catalog_clock: Clock,
    target: Path,
    tmp_path: Path,
) -> None:
    catalog = catalog_under_test
    for tenant in ("acme", "globex"):
        for name in ("docs", "news"):
            made = catalog.collections.create(tenant, name, "", SETTINGS)
            catalog.documents.write(made, [catalog_document(tenant, f"{tenant} {name}")])
    _, secret = catalog.keys.create("acme", frozenset({Role.READER}), "reader", None)
    backup = backups.create(Scope())
    rebuilt = open_catalog(tmp_path / "rebuilt", clock=catalog_clock)
    try:
        other = backups_of(rebuilt, target, catalog_clock)
        assert len(other.restore(backup.id, Wish())) == 4
        assert other.restore_keys(backup.id) == 1
        assert other.restore_keys(backup.id) == 0
        assert rebuilt.keys.authenticate(secret).tenant == "acme"
        assert state(rebuilt, "news", "globex") == state(catalog, "news", "globex")
    finally:
        rebuilt.close()


def test_a_tenants_backup_holds_nothing_of_others(
    backups: Backups, catalog_under_test: Catalog, docs: Collection
) -> None:
    catalog_under_test.collections.create("globex", "docs", "", SETTINGS)
    catalog_under_test.keys.create("acme", frozenset({Role.READER}), "reader", None)
    backup = backups.create(Scope("acme"))
    assert [each.tenant for each in backup.collections] == ["acme"]
    assert backup.keys == 0


def test_a_backup_under_writes_is_of_one_revision(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    history: dict[int, State] = {}
    stop = Event()

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            ids = [f"{writer}-{n}" for n in range(4)]
            drawn = [catalog_document(each, f"{each} v{number}") for each in ids]
            revision = catalog.documents.write(docs, drawn).revision
            history[revision] = seen(catalog, View(docs.id, 1, revision))

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, number) for number in range(3)]
        made: list[Backup] = []
        for _ in range(4):
            made.append(backups.create(ACME, parent=made[-1] if made else None))
        stop.set()
        for writer in writers:
            writer.result()
    history[0] = {}
    for number, backup in enumerate(made):
        (view,) = backups.restore(backup.id, Wish(name=f"again-{number}"))
        assert view.revision == backup.collections[0].revision
        assert seen(catalog, view) == history[view.revision]


def test_names_in_use_are_kept_unless_replaced(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document("a", "one")])
    backup = backups.create(ACME)
    catalog.documents.write(docs, [catalog_document("b", "two")])
    with pytest.raises(AlreadyExists):
        backups.restore(backup.id, Wish())
    assert set(state(catalog, "docs")) == {"a", "b"}
    backups.restore(backup.id, Wish(replace=True))
    assert set(state(catalog, "docs")) == {"a"}


def test_a_restored_collection_appears_when_it_is_complete(
    backups: Backups, catalog_under_test: Catalog, catalog_document: Draw, docs: Collection
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document(f"d{n}", f"w{n}") for n in range(150)])
    backup = backups.create(ACME)
    looks = []

    def look(phase: str, done: int, total: int) -> None:
        looks.append([each.name for each in catalog.collections.page("acme", "", 10)])
        assert len(catalog.collections.views()) == 1

    backups.restore(backup.id, Wish(name="again"), look)
    assert len(looks) > 2
    assert all(look == ["docs"] for look in looks)


def test_a_restore_that_fails_leaves_nothing(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    docs: Collection,
    catalog_clock: Clock,
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document(f"d{n}", f"w{n}") for n in range(100)])
    backup = backups.create(ACME)

    def stop(phase: str, done: int, total: int) -> None:
        if done:
            raise PreconditionFailed("stopped")

    with pytest.raises(PreconditionFailed, match="stopped"):
        backups.restore(backup.id, Wish(name="again"), stop)
    with pytest.raises(NotFound):
        catalog.collections.get("acme", "again")
    (left,) = catalog.feed.dropped(catalog_clock.now)
    catalog.feed.forget(left)
    assert catalog.feed.dropped(catalog_clock.now + timedelta(days=1)) == []


def test_what_is_under_restore_is_swept_away_once_nobody_fills_it(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    docs: Collection,
    catalog_clock: Clock,
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document(f"d{n}", f"w{n}") for n in range(100)])
    backup = backups.create(ACME)
    hidden: list[View] = []

    def look(phase: str, done: int, total: int) -> None:
        catalog_clock.pass_seconds(1_800)
        assert catalog.feed.dropped(catalog_clock.now) == []
        hidden[:] = catalog.feed.dropped(catalog_clock.now + timedelta(hours=2))
        if done:
            catalog.feed.forget(hidden[0])

    with pytest.raises(PreconditionFailed, match="swept away"):
        backups.restore(backup.id, Wish(name="again"), look)
    with pytest.raises(NotFound):
        catalog.collections.get("acme", "again")


def test_no_collection_of_a_long_restore_is_swept_away_meanwhile(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    catalog_clock: Clock,
) -> None:
    catalog = catalog_under_test
    for name in ("a", "b", "c"):
        made = catalog.collections.create("acme", name, "", SETTINGS)
        catalog.documents.write(made, [catalog_document("d", name)])
    backup = backups.create(Scope("acme"))
    begun = catalog_clock.now
    phases: set[str] = set()

    def look(phase: str, done: int, total: int) -> None:
        phases.add(phase)
        catalog_clock.pass_seconds(2_400)
        assert catalog.feed.dropped(catalog_clock.now) == []

    backups.restore(backup.id, Wish(Scope("acme"), tenant="other"), look)
    assert catalog_clock.now - begun > timedelta(hours=5)
    assert phases == {"documents", "comparing"}
    assert [each.name for each in catalog.collections.page("other", "", 10)] == ["a", "b", "c"]


def test_what_is_being_swept_away_is_not_shown(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    docs: Collection,
    catalog_points: Any,
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document("a", "one")])
    backup = backups.create(ACME)

    def swept_in_part(rows: Sequence[int]) -> None:
        commits = count()

        def die(point: str) -> None:
            if point == "commit.begin" and next(commits) == 2:
                raise ZeroDivisionError

        catalog_points.reached = die
        with pytest.raises(ZeroDivisionError):
            catalog.feed.forget(View(rows[0], 1, 1))
        del catalog_points.reached

    with pytest.raises(PreconditionFailed, match="swept away"):
        backups.restore(backup.id, Wish(name="again"), filled=swept_in_part)
    with pytest.raises(NotFound):
        catalog.collections.get("acme", "again")


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_verifying_finds_every_flipped_byte_and_missing_file(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    docs: Collection,
    target: Path,
) -> None:
    catalog = catalog_under_test
    catalog.documents.write(docs, [catalog_document("a", "one two"), catalog_document("b", "two")])
    full = backups.create(ACME)
    catalog.documents.write(docs, [catalog_document("b", "three")])
    increment = backups.create(ACME, parent=full)
    verdict = backups.vault.verify(increment.id, Wish())
    assert (verdict.collections, verdict.documents, verdict.chunks) == (1, 2, 3)
    assert verdict.queries > 0
    damaged = 0
    for path in files(target):
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 7)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(DataLoss):
                backups.vault.verify(increment.id, Wish())
            damaged += 1
        path.unlink()
        # Without its manifest the backup itself is not there any more.
        with pytest.raises((DataLoss, NotFound)):
            backups.vault.verify(increment.id, Wish())
        path.write_bytes(whole)
    assert damaged >= 7 * len(files(target))
    backups.vault.verify(increment.id, Wish())


def test_a_damaged_backup_is_not_restored(
    backups: Backups,
    catalog_under_test: Catalog,
    catalog_document: Draw,
    docs: Collection,
    target: Path,
) -> None:
    catalog_under_test.documents.write(docs, [catalog_document("a", "one")])
    backup = backups.create(ACME)
    (target / backup.id / backup.files[0].name).write_bytes(b"")
    with pytest.raises(DataLoss):
        backups.restore(backup.id, Wish(name="again"))
    with pytest.raises(NotFound):
        catalog_under_test.collections.get("acme", "again")


def test_a_backup_without_its_manifest_does_not_exist(
    backups: Backups, docs: Collection, target: Path, catalog_points: Points
) -> None:
    def stop(phase: str, done: int, total: int) -> None:
        raise PreconditionFailed("stopped")

    backup = backups.create(ACME)
    (target / backup.id / "manifest.json").unlink()
    assert backups.vault.all() == []
    with pytest.raises(NotFound):
        backups.vault.get(backup.id)
    backups.vault.discard(backup.id)
    assert files(target) == []


def test_a_base_stays_while_an_increment_needs_it(backups: Backups, docs: Collection) -> None:
    full = backups.create(ACME)
    increment = backups.create(ACME, parent=full)
    with pytest.raises(PreconditionFailed, match="builds on"):
        backups.vault.delete(full.id)
    backups.vault.delete(increment.id)
    backups.vault.delete(full.id)
    assert backups.vault.all() == []


def test_an_increment_whose_base_was_removed_meanwhile_is_not_published(
    backups: Backups, docs: Collection
) -> None:
    base = backups.create(ACME)

    def remove(phase: str, done: int, total: int) -> None:
        if phase == "publishing":
            backups.vault.delete(base.id)

    with pytest.raises(NotFound, match="removed meanwhile"):
        backups.create(ACME, parent=base, progress=remove)
    assert backups.vault.all() == []


def test_a_chain_that_lost_a_link_is_followed_by_a_full_backup(
    backups: Backups, catalog_under_test: Catalog, docs: Collection, catalog_clock: Clock
) -> None:
    first = backups.create(ACME)
    catalog_clock.pass_seconds(1)
    second = backups.create(ACME, parent=first)
    catalog_clock.pass_seconds(1)
    for full_every, parent in ((0, second.id), (2, None), (9, second.id)):
        assert backed_up(backups, catalog_under_test, full_every).parent == parent
        backups.vault.delete(backups.vault.all()[-1].id)
    backups.vault.archive.remove(first.id)
    for full_every in (0, 9):
        made = backed_up(backups, catalog_under_test, full_every)
        assert made.parent is None
        backups.vault.delete(made.id)


def backed_up(backups: Backups, catalog: Catalog, full_every: int) -> Backup:
    """What the job of a schedule makes."""
    jobs = cast("SqlCatalog", catalog).jobs
    spec = {"incremental": True, "base": "", "full_every": full_every}
    jobs.create(JobRequest("acme", "backup", "docs", spec))
    claim = jobs.claim(["backup"], timedelta(hours=1))
    assert claim is not None
    made = BackupHandler(backups).run(Working(claim))
    assert jobs.finish(claim, JobState.SUCCEEDED, Progress(), made)
    return backups.vault.get(made["backup"])


class Working:
    """Work at a job that nobody interrupts. Implements `JobWork`."""

    def __init__(self, claim: Claim) -> None:
        self.job = claim.job
        self.checkpoint = claim.checkpoint

    def progress(self, phase: str, done: int, total: int) -> None: ...

    def save(self, checkpoint: Mapping[str, Any], *, further: bool = False) -> None: ...

    def check(self) -> None: ...


def test_what_is_not_there_is_said(backups: Backups, docs: Collection) -> None:
    backup = backups.create(ACME)
    with pytest.raises(NotFound):
        backups.create(Scope("acme", "other"))
    with pytest.raises(NotFound):
        backups.restore(backup.id, Wish(Scope("globex")))
    with pytest.raises(NotFound):
        backups.vault.get("20260101T000000000Z-000000")
    with pytest.raises(InvalidRequest):
        backups.vault.get("../secrets")


def test_one_name_is_not_for_two_collections(
    backups: Backups, catalog_under_test: Catalog, docs: Collection
) -> None:
    catalog_under_test.collections.create("acme", "news", "", SETTINGS)
    backup = backups.create(Scope("acme"))
    with pytest.raises(InvalidRequest):
        backups.restore(backup.id, Wish(name="both"))
