"""The follower over real catalogs and indexes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import current_thread

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings as ChromaSettings

from rag_server.composition.index import open_index
from rag_server.core.call import Deadline
from rag_server.core.documents import GenerationSettings, IndexSettings, Vector, View
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.follower import Follower
from rag_server.core.leadership import Leadership
from rag_server.core.protocols import Catalog, Changes, VectorIndex
from rag_server.core.telemetry import Silent
from rag_server.core.vector_applier import VectorApplier
from rag_server.settings import Settings
from tests.contract.conftest import IDENTITY, Clock, Sketch, entry

SOON_SECONDS = 120.0
# What there is to be found.
ALL = {entry(word) for word in ("one", "two", "three")}


class Noted(Silent):
    """What the follower reports."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def failed(self, part: str, error: BaseException) -> None:
        self.failures.append(part)


class Flaky:
    """An index that is away for its first changes: a fault that cannot be provoked."""

    def __init__(self, index: VectorIndex, failures: int) -> None:
        self._index = index
        self._left = failures

    def apply(self, name: str, changes: Changes) -> None:
        if self._left > 0:
            self._left -= 1
            raise Unavailable("away", Reason.NOT_READY)
        self._index.apply(name, changes)

    def applied(self, name: str) -> int:
        return self._index.applied(name)

    def remove(self, name: str, ids: Sequence[str]) -> None:
        self._index.remove(name, ids)

    @property
    def most_results(self) -> int:
        return self._index.most_results

    def prepare(self, name: str, settings: IndexSettings) -> None:
        self._index.prepare(name, settings)

    def refresh(self) -> None:
        self._index.refresh()

    def search(
        self, name: str, vector: Vector, limit: int, deadline: Deadline, *, applied: int = 0
    ) -> list[tuple[str, float]]:
        return self._index.search(name, vector, limit, deadline, applied=applied)

    def drop(self, name: str) -> None:
        self._index.drop(name)

    def names(self) -> list[str]:
        return self._index.names()


class Failing(Flaky):
    """An index that always fails for one part."""

    def __init__(self, index: VectorIndex, name: str) -> None:
        super().__init__(index, failures=0)
        self._failing = name

    def apply(self, name: str, changes: Changes) -> None:
        if name == self._failing:
            raise Unavailable("away", Reason.NOT_READY)
        super().apply(name, changes)


@pytest.fixture
def index_settings(tmp_path: Path) -> Settings:
    """Over the embedded index only: its own suite says that the others behave like it."""
    return Settings.model_validate({"data": {"directory": tmp_path}})


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def follow(catalog_under_test: Catalog, noted: Noted) -> Iterator[Callable[..., Follower]]:
    """Starts followers, which are stopped at the end."""
    started: list[Follower] = []

    def start(index: VectorIndex, leadership: Leadership | None = None) -> Follower:
        follower = Follower(
            catalog_under_test,
            VectorApplier(catalog_under_test, index),
            noted,
            leadership=leadership,
            shared=leadership is not None,
        )
        follower.start()
        started.append(follower)
        return follower

    yield start
    for each in started:
        each.stop()


def write(catalog: Catalog, *sketches: Sketch) -> View:
    collection = catalog.collections.get("acme", "words")
    catalog.documents.write(collection, [each.drawn() for each in sketches])
    return catalog.collections.get("acme", "words").view


@pytest.fixture
def view(catalog_under_test: Catalog) -> View:
    catalog_under_test.collections.create("acme", "words", "", GenerationSettings("minilm"))
    return write(catalog_under_test, Sketch("a", "one two"), Sketch("b", "three"))


def found(index: VectorIndex, view: View, vector: Vector) -> set[str]:
    return {each for each, _ in index.search(view.index_name, vector, 10, Deadline(30))}


def test_what_was_written_before_the_start_is_caught_up(
    follow: Callable[..., Follower], index_under_test: VectorIndex, view: View, noted: Noted
) -> None:
    follower = follow(index_under_test)
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision


def test_a_commit_is_followed_once_notified(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    follower = follow(index_under_test)
    newer = write(catalog_under_test, Sketch("c", "four"))
    follower.notify(newer)
    assert follower.wait(newer, newer.revision, Deadline(SOON_SECONDS)) == newer.revision
    assert entry("four") in found(index_under_test, newer, catalog_vector("four"))


def test_an_index_that_was_away_is_caught_up_later(
    follow: Callable[..., Follower], index_under_test: VectorIndex, view: View, noted: Noted
) -> None:
    follower = follow(Flaky(index_under_test, failures=1))
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    assert noted.failures == ["follow"]


def test_an_index_from_after_a_restored_catalog_is_rebuilt(
    follow: Callable[..., Follower],
    index_under_test: VectorIndex,
    catalog_under_test: Catalog,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    changes = catalog_under_test.feed.changes(view, 0, 100)
    lost = Changes(view.revision + 5, ["lost:one"], changes.vectors[:1])
    index_under_test.prepare(view.index_name, IndexSettings())
    index_under_test.apply(view.index_name, lost)
    follower = follow(index_under_test)
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    ids = found(index_under_test, view, catalog_vector("one"))
    assert ids == ALL


def test_parts_that_the_catalog_does_not_know_are_removed_at_the_start(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
) -> None:
    changes = catalog_under_test.feed.changes(view, 0, 100)
    index_under_test.prepare("c99-g1", IndexSettings())
    index_under_test.apply("c99-g1", changes)
    follower = follow(index_under_test)
    follower.wait(view, view.revision, Deadline(SOON_SECONDS))
    assert index_under_test.names() == [view.index_name]


def test_an_index_of_a_catalog_that_was_replaced_is_removed_and_built_anew(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_settings: Settings,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    """The same numbers mean another collection: nothing but the catalog's name tells."""
    old = open_index(index_settings, "fedcba9876543210")
    old.prepare(view.index_name, IndexSettings())
    vector = catalog_vector("theirs")
    old.apply(view.index_name, Changes(view.revision, ["theirs"], vector[np.newaxis]))
    old.close()
    index = open_index(index_settings, IDENTITY)
    follower = follow(index)
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    assert found(index, view, catalog_vector("one")) == ALL
    assert index.names() == [view.index_name]
    follower.stop()
    index.close()


def test_a_part_of_an_older_layout_is_removed_and_built_anew(
    follow: Callable[..., Follower],
    index_settings: Settings,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    path = str(index_settings.data.directory / "chroma")
    client = chromadb.PersistentClient(path, ChromaSettings(anonymized_telemetry=False))
    name = f"{IDENTITY}-{view.index_name}"
    old = client.create_collection(name, metadata={"applied": view.revision})
    old.add(ids=["a:one"], embeddings=[catalog_vector("one").tolist()])
    index = open_index(index_settings, IDENTITY)
    assert index.applied(view.index_name) == 0
    follower = follow(index)
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    assert found(index, view, catalog_vector("one")) == ALL
    assert index.names() == [view.index_name]
    assert name not in [each.name for each in client.list_collections()]
    follower.stop()
    index.close()


def test_a_part_is_made_as_its_generation_wants_it(
    follow: Callable[..., Follower], catalog_under_test: Catalog, index_under_test: VectorIndex
) -> None:
    wanted = IndexSettings(ef_construction=50, ef_search=40, max_neighbors=8)
    settings = GenerationSettings("minilm", index=wanted)
    catalog_under_test.collections.create("acme", "words", "", settings)
    view = write(catalog_under_test, Sketch("a", "one"))
    prepared: list[IndexSettings] = []

    class Noting(Flaky):
        def prepare(self, name: str, settings: IndexSettings) -> None:
            prepared.append(settings)
            super().prepare(name, settings)

    follower = follow(Noting(index_under_test, failures=0))
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    assert prepared == [wanted]


def test_what_the_index_loses_is_filled_again(
    follow: Callable[..., Follower],
    index_under_test: VectorIndex,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    follower = follow(index_under_test)
    follower.wait(view, view.revision, Deadline(SOON_SECONDS))
    index_under_test.drop(view.index_name)
    assert follower.wait(view, view.revision, Deadline(SOON_SECONDS)) == view.revision
    assert len(found(index_under_test, view, catalog_vector("one"))) == 3


class Overtaken(Flaky):
    """An index that something else happens to just before the follower adds to it."""

    meanwhile: Callable[[], None] | None = None

    def applied(self, name: str) -> int:
        applied = super().applied(name)
        if self.meanwhile and current_thread().name == "ragrpc-vector-follower":
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return applied


def test_a_part_that_is_removed_when_its_turn_comes_does_not_come_back(
    catalog_under_test: Catalog, index_under_test: VectorIndex, view: View, noted: Noted
) -> None:
    catalog_under_test.collections.create("acme", "other", "", GenerationSettings("minilm"))
    other = catalog_under_test.collections.get("acme", "other")
    catalog_under_test.documents.write(other, [Sketch("z", "nine").drawn()])
    last = catalog_under_test.collections.get("acme", "other").view
    index = Overtaken(index_under_test, failures=0)
    follower = Follower(catalog_under_test, VectorApplier(catalog_under_test, index), noted)
    index.meanwhile = lambda: follower.forget(view)
    follower.start()
    wait_until(lambda: index_under_test.applied(last.index_name) == last.revision)
    follower.stop()
    assert index_under_test.names() == [last.index_name]
    assert noted.failures == []


class Away(Flaky):
    """An index that nobody reaches until it is told to be there."""

    there = False

    def refresh(self) -> None:
        if not self.there:
            raise Unavailable("away", Reason.NOT_READY)
        super().refresh()


def test_readers_do_not_wait_for_an_index_that_is_away(
    follow: Callable[..., Follower], index_under_test: VectorIndex, view: View, noted: Noted
) -> None:
    index = Away(index_under_test, failures=0)
    follower = follow(index)
    with pytest.raises(Unavailable):
        follower.wait(view, view.revision, Deadline(3_600.0))
    index.there = True
    wait_until(lambda: index_under_test.applied(view.index_name) == view.revision)
    assert noted.failures == ["index"]


def test_a_collection_that_fails_keeps_no_other_from_its_turn(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
) -> None:
    catalog_under_test.collections.create("acme", "other", "", GenerationSettings("minilm"))
    other = catalog_under_test.collections.get("acme", "other")
    catalog_under_test.documents.write(other, [Sketch("z", "nine").drawn()])
    newer = catalog_under_test.collections.get("acme", "other").view
    follow(Failing(index_under_test, view.index_name))
    wait_until(lambda: index_under_test.applied(newer.index_name) == newer.revision)


def test_a_reader_waits_two_seconds_at_most_and_not_once_it_is_cancelled(
    follow: Callable[..., Follower], index_under_test: VectorIndex, view: View
) -> None:
    follower = follow(Failing(index_under_test, view.index_name))
    patient = Deadline(3_600.0)
    assert follower.wait(view, view.revision, patient) == 0
    assert patient.remaining() > 3_500.0
    cancelled = Deadline(3_600.0)
    cancelled.cancel()
    assert follower.wait(view, view.revision, cancelled) == 0


@pytest.fixture
def leadership(catalog_under_test: Catalog) -> Callable[[str], Leadership]:
    """The leadership as each of several servers sees it."""
    return lambda owner: Leadership(catalog_under_test.leases, "follow", owner)


class Counting(Flaky):
    """An index that counts who changes it."""

    def __init__(self, index: VectorIndex) -> None:
        super().__init__(index, failures=0)
        self.changes = 0

    def apply(self, name: str, changes: Changes) -> None:
        self.changes += 1
        super().apply(name, changes)


def test_of_two_servers_one_applies_and_hears_of_the_others_commits(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    leadership: Callable[[str], Leadership],
) -> None:
    leading, other = Counting(index_under_test), Counting(index_under_test)
    follow(leading, leadership=leadership("one"))
    follower = follow(other, leadership=leadership("two"))
    untold = write(catalog_under_test, Sketch("c", "four"))
    follower.notify(untold)
    assert follower.wait(untold, untold.revision, Deadline(SOON_SECONDS)) == untold.revision
    assert leading.changes > 0
    assert other.changes == 0


def test_a_server_that_stops_hands_the_lead_over(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    leadership: Callable[[str], Leadership],
) -> None:
    first = follow(index_under_test, leadership=leadership("one"))
    follower = follow(index_under_test, leadership=leadership("two"))
    first.wait(view, view.revision, Deadline(SOON_SECONDS))
    first.stop()
    untold = write(catalog_under_test, Sketch("c", "four"))
    assert follower.wait(untold, untold.revision, Deadline(SOON_SECONDS)) == untold.revision


def test_when_the_leaders_lease_has_run_out_another_leads(
    follow: Callable[..., Follower],
    catalog_under_test: Catalog,
    catalog_clock: Clock,
    index_under_test: VectorIndex,
    view: View,
    leadership: Callable[[str], Leadership],
) -> None:
    assert leadership("dead").held()
    follow(index_under_test, leadership=leadership("two"))
    assert index_under_test.applied(view.index_name) == 0
    catalog_clock.pass_seconds(15.0)
    wait_until(lambda: index_under_test.applied(view.index_name) == view.revision)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = Deadline(SOON_SECONDS)
    while not condition():
        deadline.check("waiting")
