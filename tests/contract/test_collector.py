"""Garbage collection over real catalogs and indexes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest

from rag_server.core.call import Deadline
from rag_server.core.collector import KIND, GarbageCollector
from rag_server.core.documents import GenerationSettings, Vector, View
from rag_server.core.follower import Follower
from rag_server.core.job_work import HeldWork
from rag_server.core.jobs import Claim, JobRequest, JobState, Progress
from rag_server.core.protocols import Catalog, VectorIndex
from rag_server.core.telemetry import Silent
from rag_server.core.vector_applier import VectorApplier
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from tests.contract.conftest import IDENTITY, Clock, Sketch, entry

LEASE = timedelta(hours=1)


class Interfering(Silent):
    """Does something when the collector reaches a point."""

    def __init__(self) -> None:
        self.documents = -1
        self.at: Mapping[str, Callable[[], None]] = {}

    def reached(self, point: str) -> None:
        self.at.get(point, lambda: None)()

    def stored(self, documents: int) -> None:
        self.documents = documents


@pytest.fixture
def index_under_test(tmp_path: Path) -> Iterator[VectorIndex]:
    """One of the kinds: they differ in nothing that is looked at here."""
    index = ChromaIndex(EmbeddedEngine(tmp_path / "chroma"), IDENTITY)
    yield index
    index.close()


@pytest.fixture
def telemetry() -> Interfering:
    return Interfering()


@pytest.fixture
def view(catalog_under_test: Catalog, index_under_test: VectorIndex) -> View:
    """Two documents, of which the index has all chunks."""
    catalog_under_test.collections.create("acme", "words", "", GenerationSettings("minilm"))
    made = write(catalog_under_test, Sketch("a", "one two"), Sketch("b", "three"))
    settings = catalog_under_test.collections.settings(made)
    index_under_test.prepare(made.index_name, settings.index)
    apply(catalog_under_test, index_under_test, made)
    return made


@pytest.fixture
def collector(
    catalog_under_test: Catalog, index_under_test: VectorIndex, telemetry: Interfering
) -> GarbageCollector:
    return GarbageCollector(
        catalog_under_test,
        index_under_test,
        Follower(
            catalog_under_test, VectorApplier(catalog_under_test, index_under_test), telemetry
        ),
        telemetry,
        retention=timedelta(seconds=60),
        job_retention=timedelta(days=1),
        own_retention=timedelta(hours=1),
    )


def claimed(catalog: Catalog) -> Claim:
    catalog.jobs.create(JobRequest(None, KIND))
    claim = catalog.jobs.claim([KIND], LEASE)
    assert claim is not None
    return claim


def work_on(catalog: Catalog, claim: Claim) -> HeldWork:
    return HeldWork(catalog.jobs, claim, LEASE, monotonic(), Event())


def collect(collector: GarbageCollector, catalog: Catalog) -> Mapping[str, Any]:
    return collector.run(work_on(catalog, claimed(catalog)))


def write(catalog: Catalog, *sketches: Sketch) -> View:
    collection = catalog.collections.get("acme", "words")
    catalog.documents.write(collection, [each.drawn() for each in sketches])
    return catalog.collections.get("acme", "words").view


def delete(catalog: Catalog, *ids: str) -> None:
    catalog.documents.delete(catalog.collections.get("acme", "words"), ids)


def apply(catalog: Catalog, index: VectorIndex, view: View) -> None:
    applied = index.applied(view.index_name)
    index.apply(view.index_name, catalog.feed.changes(view, applied, 1_000))


def found(index: VectorIndex, view: View, vector: Vector) -> set[str]:
    return {each for each, _ in index.search(view.index_name, vector, 10, Deadline(30))}


def entries(words: str) -> set[str]:
    return {entry(word) for word in words.split()}


def test_what_was_deleted_long_ago_is_removed_for_good(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    telemetry: Interfering,
    catalog_vector: Callable[[str], Vector],
) -> None:
    # The clock of the catalog stands at a date long past.
    delete(catalog_under_test, "a")
    result = collect(collector, catalog_under_test)
    assert (result["chunks"], telemetry.documents) == (2, 1)
    assert found(index_under_test, view, catalog_vector("one")) == entries("three")
    assert catalog_under_test.documents.get(view, "a") is None


def test_an_entry_stays_while_a_chunk_needs_it(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    catalog_clock: Clock,
    index_under_test: VectorIndex,
    view: View,
    catalog_vector: Callable[[str], Vector],
) -> None:
    """A live one, or a deleted one that some may still read."""
    newer = write(catalog_under_test, Sketch("c", "one"), Sketch("d", "two"))
    apply(catalog_under_test, index_under_test, newer)
    delete(catalog_under_test, "a")
    catalog_clock.now = datetime.now(UTC)
    delete(catalog_under_test, "d")
    assert collect(collector, catalog_under_test)["chunks"] == 2
    assert found(index_under_test, view, catalog_vector("one")) == entries("one two three")


def test_what_was_deleted_just_now_stays(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    catalog_clock: Clock,
    view: View,
) -> None:
    catalog_clock.now = datetime.now(UTC)
    delete(catalog_under_test, "a")
    assert collect(collector, catalog_under_test)["chunks"] == 0
    assert catalog_under_test.documents.get(view, "a") is not None


def test_what_comes_back_meanwhile_stays_in_the_index(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    telemetry: Interfering,
    catalog_vector: Callable[[str], Vector],
) -> None:
    """As another server would: written and added after the collector had decided, and before
    it removed."""
    delete(catalog_under_test, "a")

    def come_back() -> None:
        newer = write(catalog_under_test, Sketch("a", "one"))
        apply(catalog_under_test, index_under_test, newer)
        index_under_test.remove(view.index_name, [entry("one")])

    telemetry.at = {"garbage.removed": come_back}
    collect(collector, catalog_under_test)
    assert found(index_under_test, view, catalog_vector("one")) == entries("one three")


def test_what_a_dead_collector_removed_is_put_back_if_it_lives(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
    telemetry: Interfering,
    catalog_clock: Clock,
    catalog_vector: Callable[[str], Vector],
) -> None:
    delete(catalog_under_test, "a")

    def die() -> None:
        raise KeyboardInterrupt

    telemetry.at = {"garbage.removed": die}
    with pytest.raises(KeyboardInterrupt):
        collect(collector, catalog_under_test)
    write(catalog_under_test, Sketch("a", "one"))
    telemetry.at = {}
    catalog_clock.pass_seconds(3_601)
    heir = catalog_under_test.jobs.claim([KIND], LEASE)
    assert heir is not None
    collector.run(work_on(catalog_under_test, heir))
    assert found(index_under_test, view, catalog_vector("one")) == entries("one three")


def test_a_deleted_collection_leaves_nothing_behind(
    collector: GarbageCollector,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    view: View,
) -> None:
    catalog_under_test.collections.delete("acme", "words")
    assert collect(collector, catalog_under_test)["generations"] == 1
    assert index_under_test.names() == []
    assert catalog_under_test.feed.dropped(datetime.now(UTC)) == []


def test_jobs_that_ended_long_ago_are_forgotten_and_its_own_sooner(
    collector: GarbageCollector, catalog_under_test: Catalog, catalog_clock: Clock
) -> None:
    jobs = catalog_under_test.jobs
    catalog_clock.now = datetime.now(UTC) - timedelta(hours=25)
    old = jobs.create(JobRequest("acme", "backup"))
    jobs.request_cancel(old.id)
    catalog_clock.now = datetime.now(UTC) - timedelta(hours=2)
    younger = jobs.create(JobRequest("acme", "backup"))
    jobs.request_cancel(younger.id)
    own = claimed(catalog_under_test)
    jobs.finish(own, JobState.SUCCEEDED, Progress(), {})
    assert collect(collector, catalog_under_test)["jobs"] == 1
    kept = [jobs.get(each) is not None for each in (old.id, younger.id, own.job.id)]
    assert kept == [False, True, False]
