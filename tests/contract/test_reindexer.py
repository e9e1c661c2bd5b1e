"""Reindexing over real catalogs and indexes, with deaths at its points."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest

from rag_server.core.chunking import RecursiveChunking
from rag_server.core.documents import Build, Collection, GenerationSettings, View
from rag_server.core.errors import AlreadyExists, NotFound, Reason, Unavailable
from rag_server.core.follower import Follower
from rag_server.core.job_work import HeldWork
from rag_server.core.jobs import Claim, JobRequest
from rag_server.core.protocols import Catalog, VectorIndex
from rag_server.core.reindex import KIND, Reindexer, Reindexing
from rag_server.core.telemetry import Silent
from rag_server.core.vector_applier import VectorApplier
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from tests.contract.conftest import IDENTITY, Clock, Sketch

LEASE = timedelta(hours=1)
RECIPE = b"next"
WORDS = {"a": "one two", "b": "three", "c": "four five six"}


class Dying(Silent):
    """Does something at a point, once."""

    def __init__(self) -> None:
        self.at: dict[str, Callable[[], None]] = {}
        self.points: list[str] = []

    def reached(self, point: str) -> None:
        self.points.append(point)
        self.at.pop(point, lambda: None)()


class Words:
    """A preparation that makes the chunks of a Sketch, under another recipe."""

    recipe = RECIPE

    def rebuild(self, tenant: str, document: Any, check: Callable[[], None]) -> Build:
        check()
        return Build(document.row, RECIPE, Sketch(document.id, document.text).drawn().chunks)


class Behind:
    """A follower that for some looks has nothing of what was committed after a revision."""

    def __init__(self, following: Any, revision: int, looks: int) -> None:
        self._following = following
        self._revision = revision
        self._looks = looks

    def applied(self, view: View) -> int:
        self._looks -= 1
        applied: int = self._following.applied(view)
        return applied if self._looks < 0 else self._revision

    def notify(self, view: View) -> None:
        self._following.notify(view)


@pytest.fixture
def index_under_test(tmp_path: Path) -> Iterator[VectorIndex]:
    """One of the kinds: they differ in nothing that is looked at here."""
    index = ChromaIndex(EmbeddedEngine(tmp_path / "chroma"), IDENTITY)
    yield index
    index.close()


@pytest.fixture
def telemetry() -> Dying:
    return Dying()


@pytest.fixture
def collection(catalog_under_test: Catalog) -> Collection:
    catalog_under_test.collections.create("acme", "words", "", GenerationSettings("minilm"))
    write(catalog_under_test, **WORDS)
    return newest(catalog_under_test)


@pytest.fixture
def following(
    catalog_under_test: Catalog, index_under_test: VectorIndex, collection: Collection
) -> Any:
    applier = VectorApplier(catalog_under_test, index_under_test)
    follower = Follower(catalog_under_test, applier, Silent())
    follower.start()
    yield follower
    follower.stop()


@pytest.fixture
def reindexer(
    catalog_under_test: Catalog, index_under_test: VectorIndex, following: Any, telemetry: Dying
) -> Reindexer:
    prepared: Any = Words()
    return Reindexer(
        catalog_under_test, index_under_test, following, lambda settings: prepared, telemetry, 100
    )


def write(catalog: Catalog, **words: str) -> None:
    drawn = [Sketch(each, text).drawn() for each, text in words.items()]
    catalog.documents.write(newest(catalog), drawn)


def newest(catalog: Catalog) -> Collection:
    return catalog.collections.get("acme", "words")


def claimed(catalog: Catalog) -> Claim:
    claim = catalog.jobs.claim([KIND], LEASE)
    assert claim is not None
    return claim


def asked(catalog: Catalog) -> Claim:
    catalog.jobs.create(JobRequest("acme", KIND, "words", Reindexing().encoded()))
    return claimed(catalog)


def work_on(catalog: Catalog, claim: Claim) -> HeldWork:
    return HeldWork(catalog.jobs, claim, LEASE, monotonic(), Event())


def seen(catalog: Catalog) -> Mapping[str, Sequence[str]]:
    """Words of the chunks by document, in the newest view."""
    view = newest(catalog).view
    found = {}
    for stored in catalog.documents.page(view, "", 100):
        chunks = catalog.reader.of_document(view, stored.id, -1, 100) or []
        found[stored.id] = " ".join(chunk.text for chunk in chunks)
    return found


def generations(catalog: Catalog) -> list[int]:
    return [view.generation for view in catalog.collections.views(retired=True)]


def test_next_generation_serves_with_all_its_chunks(
    reindexer: Reindexer,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    collection: Collection,
) -> None:
    result = reindexer.run(work_on(catalog_under_test, asked(catalog_under_test)))
    now = newest(catalog_under_test)
    assert (now.generation, now.revision) == (2, result["revision"])
    assert seen(catalog_under_test) == WORDS
    known = catalog_under_test.documents.known(now.view, list(WORDS))
    assert {each.recipe for each in known.values()} == {RECIPE}
    assert index_under_test.applied(now.view.index_name) >= now.revision - 1


def test_pinned_view_goes_on_in_its_generation(
    reindexer: Reindexer, catalog_under_test: Catalog, collection: Collection
) -> None:
    reindexer.run(work_on(catalog_under_test, asked(catalog_under_test)))
    chunks = catalog_under_test.chunks
    assert chunks.count(collection.view) == 6
    assert list(chunks.visible(collection.view, ["a:one"])) == ["a:one"]


@pytest.mark.parametrize(
    "point", ["reindex.begun", "reindex.batch", "reindex.swap", "reindex.swapped"]
)
def test_whoever_takes_over_after_a_death_finishes_it(
    reindexer: Reindexer,
    catalog_under_test: Catalog,
    collection: Collection,
    telemetry: Dying,
    catalog_clock: Clock,
    point: str,
) -> None:
    claim = asked(catalog_under_test)

    def die() -> None:
        raise KeyboardInterrupt

    telemetry.at = {point: die}
    # So small a collection has no batch before its swap but where that fails.
    first = work_on(catalog_under_test, claim)
    if point == "reindex.batch":
        telemetry.at["reindex.swap"] = lambda: write(catalog_under_test, d="seven")
    with pytest.raises(KeyboardInterrupt):
        reindexer.run(first)
    catalog_clock.pass_seconds(3_601)
    result = reindexer.run(work_on(catalog_under_test, claimed(catalog_under_test)))
    now = newest(catalog_under_test)
    assert (now.generation, result["generation"]) == (2, 2)
    assert seen(catalog_under_test) == WORDS | ({"d": "seven"} if point == "reindex.batch" else {})


def test_what_is_written_right_before_the_swap_is_not_missing_after_it(
    reindexer: Reindexer, catalog_under_test: Catalog, collection: Collection, telemetry: Dying
) -> None:
    def change() -> None:
        write(catalog_under_test, a="changed", d="new")
        catalog_under_test.documents.delete(newest(catalog_under_test), ["b"])

    telemetry.at = {"reindex.swap": change}
    reindexer.run(work_on(catalog_under_test, asked(catalog_under_test)))
    assert newest(catalog_under_test).generation == 2
    assert seen(catalog_under_test) == {"a": "changed", "c": WORDS["c"], "d": "new"}


def test_swap_is_not_tried_before_the_index_has_large_batches(
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    collection: Collection,
    following: Any,
    telemetry: Dying,
) -> None:
    write(catalog_under_test, d=" ".join(f"w{number}" for number in range(600)))
    prepared: Any = Words()
    behind: Any = Behind(following, newest(catalog_under_test).revision, looks=20)
    reindexer = Reindexer(
        catalog_under_test, index_under_test, behind, lambda settings: prepared, telemetry, 100
    )
    reindexer.run(work_on(catalog_under_test, asked(catalog_under_test)))
    assert newest(catalog_under_test).generation == 2
    assert telemetry.points.count("reindex.swap") == 1


def test_what_was_prepared_for_the_old_generation_is_refused_after_the_swap(
    reindexer: Reindexer, catalog_under_test: Catalog, collection: Collection
) -> None:
    reindexer.run(work_on(catalog_under_test, asked(catalog_under_test)))
    with pytest.raises(Unavailable) as caught:
        catalog_under_test.documents.write(collection, [Sketch("d", "late").drawn()])
    assert caught.value.reason == Reason.GENERATION_CHANGED
    assert seen(catalog_under_test) == WORDS


def test_undone_it_leaves_nothing_behind(
    reindexer: Reindexer,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    collection: Collection,
    telemetry: Dying,
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    telemetry.at = {"reindex.swap": die}
    work = work_on(catalog_under_test, asked(catalog_under_test))
    with pytest.raises(KeyboardInterrupt):
        reindexer.run(work)
    reindexer.undo(work)
    reindexer.undo(work)
    assert generations(catalog_under_test) == [1]
    assert index_under_test.names() == [collection.view.index_name]
    assert seen(catalog_under_test) == WORDS


def test_undoing_one_that_serves_leaves_it(
    reindexer: Reindexer, catalog_under_test: Catalog, collection: Collection
) -> None:
    work = work_on(catalog_under_test, asked(catalog_under_test))
    reindexer.run(work)
    reindexer.undo(work)
    assert newest(catalog_under_test).generation == 2
    assert seen(catalog_under_test) == WORDS


def test_index_that_is_too_far_behind_keeps_it_from_serving(
    catalog_under_test: Catalog, collection: Collection
) -> None:
    store = catalog_under_test.generations
    number = store.begin(collection, collection.settings)
    missing = store.unbuilt(collection, number, RECIPE, "", 10)
    assert [each.id for each in missing] == ["a", "b", "c"]
    assert store.left(collection, number, RECIPE) == (3, 3)
    builds = [Words().rebuild("acme", each, lambda: None) for each in missing]

    def swap(some: Sequence[Build], applied: int, tail: int) -> int | None:
        return store.swap(collection, number, RECIPE, some, applied=lambda: applied, tail=tail)

    assert swap(builds, applied=0, tail=5) is None
    assert swap(builds[1:], applied=0, tail=100) is None
    assert newest(catalog_under_test).revision == collection.revision
    revision = store.build(collection, number, builds)
    assert seen(catalog_under_test) == WORDS
    assert swap([], applied=revision - 1, tail=0) is None
    assert swap([], applied=revision, tail=0) == revision + 1
    assert newest(catalog_under_test).generation == number


def test_only_one_is_built_at_a_time_and_numbers_ascend(
    catalog_under_test: Catalog, collection: Collection
) -> None:
    store = catalog_under_test.generations
    number = store.begin(collection, collection.settings)
    assert store.building(collection) == number
    with pytest.raises(AlreadyExists):
        store.begin(collection, collection.settings)
    assert store.abandon(collection.id, number)
    assert store.building(collection) is None
    with pytest.raises(NotFound):
        store.build(collection, number, [])
    assert store.begin(collection, collection.settings) == number + 1
    store.forget(View(collection.id, number, 0))
    assert generations(catalog_under_test) == [1, number + 1]
    store.forget(collection.view)
    assert seen(catalog_under_test) == WORDS


def test_chunking_and_type_come_back_from_a_spec() -> None:
    whole = Reindexing(RecursiveChunking(50), {"ef_search": 7}, "other")
    assert Reindexing.decoded(whole.encoded()) == whole
    settings = whole.applied_to(GenerationSettings("minilm"))
    assert (settings.embedder, settings.index.ef_search) == ("other", 7)
    assert (settings.chunking, settings.index.max_neighbors) == (RecursiveChunking(50), 24)
