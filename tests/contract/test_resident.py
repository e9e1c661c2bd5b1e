"""What is in memory is what the catalog says, whatever was written, deleted and removed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.call import Deadline
from rag_server.core.documents import Collection, GenerationSettings, NewDocument, Vector, View
from rag_server.core.filters import Comparison, Filter, Operator
from rag_server.core.protocols import Catalog
from rag_server.core.resident import ResidentView
from rag_server.core.telemetry import SILENT
from rag_server.core.values import Metadata
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.indexes.resident.part import Part
from rag_server.indexes.resident.view import SnapshotView
from tests.contract.conftest import Clock, ClosableCatalog, Sketch
from tests.metadata import FILTERS, METADATA
from tests.waiting import eventually

ROOMY = 2**20
RETENTION = 3_600.0
Open = Callable[..., ResidentIndex]


def soon() -> Deadline:
    """From now on: the tests may have begun long before this one."""
    return Deadline(60.0)


@pytest.fixture
def catalog(catalog_under_test: ClosableCatalog) -> ClosableCatalog:
    return catalog_under_test


@pytest.fixture
def docs(catalog: Catalog) -> Collection:
    return catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))


@pytest.fixture
def opened(catalog: ClosableCatalog) -> Iterator[Open]:
    running: list[ResidentIndex] = []

    def made(memory: int = ROOMY) -> ResidentIndex:
        for each in running:
            each.stop()
        index = ResidentIndex(
            catalog.collections, catalog.log, SILENT, memory_bytes=memory, retention=RETENTION
        )
        index.start()
        running.append(index)
        return index

    yield made
    for each in running:
        each.stop()


def newest(catalog: Catalog) -> View:
    return catalog.collections.get("acme", "docs").view


def loaded(index: ResidentIndex, view: View) -> ResidentView:
    eventually(lambda: index.loaded(view))
    seen = index.view(view, soon())
    assert seen is not None
    return seen


def rows_of(catalog: Catalog, view: View, filter: Filter | None = None) -> list[int]:
    """As the catalog says, one document after the other."""
    documents = None if filter is None else catalog.chunks.matching(view, filter, soon())
    rows, _ = catalog.chunks.vectors(view, documents=documents)
    return [row for row, _ in rows]


@dataclass
class Step:
    """Writes and deletes of one commit each, and what is removed for good before."""

    written: list[tuple[int, str, Metadata]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    purge: bool = False


_TEXTS = st.lists(st.sampled_from(("alpha", "beta", "gamma")), unique=True).map(" ".join)
_STEPS = st.builds(
    Step,
    st.lists(st.tuples(st.integers(0, 5), _TEXTS, METADATA), max_size=4),
    st.lists(st.integers(0, 5), max_size=2),
    st.booleans(),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=st.lists(_STEPS, max_size=2), after=st.lists(_STEPS, max_size=3), filter=FILTERS)
def test_every_view_sees_what_the_catalog_says(
    catalog: ClosableCatalog,
    catalog_clock: Clock,
    opened: Open,
    before: list[Step],
    after: list[Step],
    filter: Filter,
) -> None:
    for old in catalog.collections.page("acme", "", 10):
        catalog.collections.delete("acme", old.name)
    docs = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    for step in before:
        take(catalog, docs, catalog_clock, step)
    index = opened()
    loaded(index, newest(catalog))
    views = [newest(catalog)]
    for step in after:
        take(catalog, docs, catalog_clock, step)
        views.append(newest(catalog))
        assert_same(catalog, index, views[-1], filter)
    for view in views:
        if not any(step.purge for step in after):
            assert_same(catalog, index, view, filter)


def take(catalog: Catalog, docs: Collection, clock: Clock, step: Step) -> None:
    if step.purge:
        view = newest(catalog)
        catalog.feed.purge(view, clock.now)
        clock.now += timedelta(seconds=1)
    new = [Sketch(f"d{n}", text, metadata=fields).drawn() for n, text, fields in step.written]
    catalog.documents.write(docs, list({each.id: each for each in new}.values()))
    catalog.documents.delete(docs, [f"d{n}" for n in step.deleted])


def assert_same(catalog: Catalog, index: ResidentIndex, view: View, filter: Filter) -> None:
    seen = index.view(view, soon())
    assert seen is not None
    for asked in (None, filter):
        chunks, expected = seen.passing(asked), rows_of(catalog, view, asked)
        assert sorted(chunks.rows().tolist()) == expected
        assert chunks.count == len(expected)
        if asked is not None:
            passing = catalog.chunks.matching(view, asked, soon())
            assert chunks.documents() == {
                e for e in passing if catalog.chunks.count(view, documents={e})
            }
        every = rows_of(catalog, view)
        assert chunks.among(np.array([*every, 10**9])).tolist() == [
            *(row in expected for row in every),
            False,
        ]
        recent, _ = catalog.chunks.vectors(view, since=view.revision - 1)
        assert sorted(chunks.since(view.revision - 1).rows().tolist()) == sorted(
            {row for row, _ in recent} & {*expected}
        )


@pytest.mark.parametrize("memory", [ROOMY, 4 * 32, 0], ids=["all", "some", "none"])
def test_the_nearest_are_those_of_plain_arithmetic(
    catalog: ClosableCatalog,
    docs: Collection,
    opened: Open,
    catalog_document: Callable[..., NewDocument],
    catalog_vector: Callable[[str], Vector],
    memory: int,
) -> None:
    """Of vectors in memory, and of those that have no room."""
    texts = [" ".join(f"w{n % 7}x{n // 4}" for n in range(d, d + 3)) for d in range(12)]
    for number, text in enumerate(texts):
        document = catalog_document(f"d{number:02}", text, metadata={"n": number})
        catalog.documents.write(docs, [document])
    view = newest(catalog)
    index = opened(memory)
    eventually(lambda: index.view(view, soon()) is not None)
    if memory == ROOMY:
        eventually(lambda: index.loaded(view))
    seen = index.view(view, soon())
    assert seen is not None
    asked = catalog_vector("w3x1")
    few = Comparison("n", Operator.GREATER_OR_EQUAL, 5)
    found = seen.passing(few).nearest(asked, 6, soon())
    scored = {
        f"d{number:02}:{word}": float(catalog_vector(word) @ asked)
        for number, text in enumerate(texts)
        for word in text.split()
        if number >= 5
    }
    ranked = sorted(scored, key=lambda each: (-round(scored[each], 6), each))
    assert [each.chunk_id for each in found] == ranked[:6]
    assert [each.score for each in found] == pytest.approx(
        [scored[e] for e in ranked[:6]], abs=1e-6
    )


def test_entries_stand_for_all_chunks_of_their_embedding(
    catalog: ClosableCatalog,
    docs: Collection,
    opened: Open,
    catalog_document: Callable[..., NewDocument],
    catalog_vector: Callable[[str], Vector],
) -> None:
    for number in range(4):
        document = catalog_document(f"d{number}", f"same other{number}", metadata={"n": number})
        catalog.documents.write(docs, [document])
    catalog.documents.delete(docs, ["d1"])
    chunks = loaded(opened(), newest(catalog)).passing(Comparison("n", Operator.LESS_THAN, 3))
    same, other = (document_key(catalog_document, word).hex() for word in ("same", "other2"))
    asked = catalog_vector("same")
    ranked = [(other, 0.5), (same, 0.25), ("00" * 32, 0.1), ("no entry", 0.0)]
    found = chunks.joined(ranked, 5, asked)
    assert [each.chunk_id for each in found] == ["d0:same", "d2:same", "d2:other2"]
    cosine = float(catalog_vector("other2") @ asked)
    assert [each.score for each in found] == pytest.approx([1.0, 1.0, cosine], abs=1e-6)
    assert [each.chunk_id for each in chunks.joined(ranked, 1, asked)] == ["d0:same", "d2:other2"]
    assert chunks.scores([found[2].row, 10**9], asked) == {found[2].row: found[2].score}


def document_key(draw: Callable[..., NewDocument], word: str) -> bytes:
    return draw("any", word).chunks[0].key


def test_values_are_those_of_what_is_visible(
    catalog: ClosableCatalog,
    docs: Collection,
    opened: Open,
    catalog_document: Callable[..., NewDocument],
) -> None:
    for number, team in enumerate(("hr", "it", "it", "ops")):
        catalog.documents.write(docs, [catalog_document(f"d{number}", metadata={"team": team})])
    old = newest(catalog)
    index = opened()
    loaded(index, old)
    catalog.documents.delete(docs, ["d0"])
    seen = index.view(newest(catalog), soon())
    assert seen is not None
    assert (seen.fields(), seen.values("team")) == (["team"], [("it", 2), ("ops", 1)])
    before = index.view(old, soon())
    assert before is not None
    assert before.values("team") == [("it", 2), ("hr", 1), ("ops", 1)]


def test_what_is_not_loaded_is_said_so(
    catalog: ClosableCatalog, docs: Collection, opened: Open
) -> None:
    index = ResidentIndex(
        catalog.collections, catalog.log, SILENT, memory_bytes=ROOMY, retention=RETENTION
    )
    assert index.view(newest(catalog), soon()) is None
    catalog.documents.write(docs, [Sketch("a").drawn()])
    started = opened()
    loaded(started, newest(catalog))
    assert started.view(View(docs.id, 1, 0), soon()) is None


class Overtaken:
    """A lock that somebody else gets first, once."""

    def __init__(self, lock: Any, other: Callable[[], object]) -> None:
        self._lock = lock
        self._other: Callable[[], object] | None = other

    def acquire(self, timeout: float) -> bool:
        return bool(self._lock.acquire(timeout=timeout))

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        other, self._other = self._other, None
        if other is not None:
            other()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_what_a_reader_was_faster_to_apply_is_not_applied_again(
    catalog: ClosableCatalog, docs: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Part(catalog.log, RETENTION)
    part.load(newest(catalog), monotonic())
    views = []
    for text in ("one two", "three four", "five six"):
        catalog.documents.write(docs, [Sketch("a", text).drawn()])
        views.append(newest(catalog))
    second, third = views[1:]
    lock = Overtaken(part._lock, lambda: part.reaches(third, 60.0))
    monkeypatch.setattr(part, "_lock", lock)
    part.follow(second, monotonic())
    catalog.documents.write(docs, [Sketch("a", "seven eight").drawn()])
    for view in (third, newest(catalog)):
        assert part.reaches(view, 60.0)
        assert part.snapshot is not None
        seen = SnapshotView(part.snapshot, view.revision).passing(None)
        assert seen.rows().tolist() == rows_of(catalog, view)


def test_a_deleted_collection_is_let_go(
    catalog: ClosableCatalog, docs: Collection, opened: Open
) -> None:
    catalog.documents.write(docs, [Sketch("a").drawn()])
    view, index = newest(catalog), opened()
    loaded(index, view)
    catalog.collections.delete("acme", "docs")
    eventually(lambda: index.view(view, soon()) is None)
