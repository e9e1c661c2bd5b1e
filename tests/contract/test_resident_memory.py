"""What is in memory of several collections, of much that is dead, and while others write."""

from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from rag_server.core.call import Deadline
from rag_server.core.documents import Collection, GenerationSettings, View
from rag_server.core.filters import Comparison, Operator
from rag_server.core.telemetry import Silent
from rag_server.indexes.resident import index as resident_index
from rag_server.indexes.resident import part as resident_part
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.testing.words import vector_of
from tests.contract.conftest import ClosableCatalog, Sketch
from tests.waiting import eventually

# Bytes of a vector.
VECTOR = vector_of("any").nbytes
Open = Callable[[int], ResidentIndex]


class Told(Silent):
    """How many chunks there are in memory, as the index says."""

    def __init__(self) -> None:
        self.chunks = -1

    def resident(self, chunks: int, columns: int, vectors: int) -> None:
        del columns, vectors
        self.chunks = chunks


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def opened(catalog_under_test: ClosableCatalog, told: Told) -> Iterator[Open]:
    running: list[ResidentIndex] = []

    def made(memory: int) -> ResidentIndex:
        stores = (catalog_under_test.collections, catalog_under_test.log, told)
        running.append(ResidentIndex(*stores, memory_bytes=memory, retention=3_600.0))
        running[-1].start()
        return running[-1]

    yield made
    for each in running:
        each.stop()


def filled(catalog: ClosableCatalog, name: str, count: int) -> Collection:
    """A collection of so many chunks, each of a word of its own."""
    made = catalog.collections.create("acme", name, "", GenerationSettings("minilm"))
    for start in range(0, count, 50):
        numbers = range(start, min(start + 50, count))
        catalog.documents.write(made, [drawn(name, number) for number in numbers])
    return made


def drawn(name: str, number: int, text: str = "") -> Any:
    return Sketch(f"d{number}", text or f"{name}{number}", metadata={"n": number}).drawn()


def newest(catalog: ClosableCatalog, name: str) -> View:
    return catalog.collections.get("acme", name).view


def nearest(index: ResidentIndex, view: View, word: str, below: int) -> list[str] | None:
    """Ids of the five nearest to a word; None where the catalog has to serve."""
    seen = index.view(view, Deadline(60.0))
    if seen is None:
        return None
    few = seen.passing(Comparison("n", Operator.LESS_THAN, below))
    return [each.chunk_id for each in few.nearest(vector_of(word), 5, Deadline(60.0))]


def by_arithmetic(words: dict[str, str], word: str) -> list[str]:
    """The same of words by the id of their chunk."""
    scores = {name: float(np.dot(vector_of(held), vector_of(word))) for name, held in words.items()}
    return sorted(scores, key=lambda name: -scores[name])[:5]


def test_what_is_mostly_dead_is_dropped_and_what_lives_stays_exact(
    catalog_under_test: ClosableCatalog, opened: Open, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident_part, "_MANY_DEAD", 20)
    catalog = catalog_under_test
    docs = filled(catalog, "docs", 60)
    index, whole = opened(2**20), newest(catalog, "docs")
    eventually(lambda: index.loaded(whole))
    catalog.documents.delete(docs, [f"d{number}" for number in range(20)])
    eventually(lambda: index.loaded(newest(catalog, "docs")))
    assert nearest(index, whole, "docs3", 60) is not None
    catalog.documents.delete(docs, [f"d{number}" for number in range(20, 50)])
    eventually(lambda: told.chunks == 10)
    # What only older views see is the catalog's to tell.
    assert nearest(index, whole, "docs3", 60) is None
    catalog.documents.write(docs, [drawn("docs", 3), drawn("docs", 55, "again")])
    left = {f"d{n}:docs{n}": f"docs{n}" for n in (3, *range(50, 60)) if n != 55}
    left["d55:again"] = "again"
    for word in ("docs3", "docs7", "docs55", "again"):
        found = nearest(index, newest(catalog, "docs"), word, 60)
        assert found == by_arithmetic(left, word)


def test_collections_give_way_to_each_other_and_stay_exact(
    catalog_under_test: ClosableCatalog, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resident_index, "_IDLE_SECONDS", 0.0)
    catalog, names, count = catalog_under_test, ("one", "two", "three"), 40
    for name in names:
        filled(catalog, name, count)
    index = opened(int(1.5 * count * VECTOR))
    views = {name: newest(catalog, name) for name in names}

    def in_memory(name: str) -> bool:
        seen = index.view(views[name], Deadline(60.0))
        return seen is not None and seen.passing(None).in_memory

    for asked in (*names, *names):
        eventually(lambda: in_memory(asked))  # noqa: B023  # called here
        held = [bool(part.vector_bytes) for part in index._parts.values()]
        assert held.count(True) == 1
        for name in names:
            words = {f"d{n}:{name}{n}": f"{name}{n}" for n in range(30)}
            assert nearest(index, views[name], f"{name}7", 30) == by_arithmetic(words, f"{name}7")


def test_what_is_written_while_it_is_loaded_is_neither_missed_nor_doubled(
    catalog_under_test: ClosableCatalog, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, small in (("_STRETCH", 10), ("_SMALL", 8), ("_BLOCK", 16)):
        monkeypatch.setattr(resident_part, name, small)
    catalog = catalog_under_test
    docs, stop, views = filled(catalog, "docs", 300), Event(), list[View]()

    def go_on() -> None:
        for turn in range(400):
            if stop.is_set():
                return
            catalog.documents.write(docs, [drawn("docs", turn % 300, f"turn{turn}")])
            catalog.documents.delete(docs, [f"d{(turn * 7) % 300}"])
            views.append(newest(catalog, "docs"))

    writer = Thread(target=go_on)
    writer.start()
    try:
        index = opened(2**20)
        compared = 0
        while compared < 25:
            eventually(lambda: views)
            compared += is_the_catalogs(catalog, index, views[-1])
    finally:
        stop.set()
        writer.join()
    last = newest(catalog, "docs")
    eventually(lambda: index.loaded(last))
    assert is_the_catalogs(catalog, index, last)


def is_the_catalogs(catalog: ClosableCatalog, index: ResidentIndex, view: View) -> bool:
    """Whether it is in memory at that revision; what is, is what the catalog has."""
    seen = index.view(view, Deadline(60.0))
    if seen is None:
        return False
    rows, _ = catalog.chunks.vectors(view)
    assert sorted(seen.passing(None).rows().tolist()) == [row for row, _ in rows]
    return True
