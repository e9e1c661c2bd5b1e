"""Lexical retrieval from memory finds what it finds by the catalog, and what plain arithmetic
does."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import GenerationSettings, View
from rag_server.core.filters import Comparison, Filter, Operator
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Catalog, ChunkStore, Search
from rag_server.core.resident import Resident
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import LexicalSpec
from rag_server.core.telemetry import SILENT
from rag_server.indexes.lexical.applier import LexicalApplier
from rag_server.indexes.lexical.index import LexicalIndex
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.retrievers.lexical import LexicalRetriever
from rag_server.retrievers.visibility import Visibility
from tests.contract.conftest import IDENTITY, Sketch
from tests.contract.test_retrievers import Applied, FixedQuestion, NothingResident
from tests.waiting import eventually

WORDS = ["wing", "lift", "heat", "slab", "flow", "gas", "tail", "shock"]
DOCUMENTS = 120
# The commits after the first: what they write and delete, and whether the index hears of it.
UPDATED, DELETED = range(0, 120, 9), range(4, 120, 11)


class Words(FixedQuestion):
    """A question of which nothing but its words matters."""

    def __init__(self, text: str) -> None:
        self.text = text


class OutOfReach(ChunkStore):
    """A catalog that nobody may ask."""


def sketch(number: int, draw: random.Random) -> Sketch:
    text = " ".join(draw.sample(WORDS, 3))
    title = " ".join(draw.choices(WORDS, k=draw.randint(1, 12)))
    return Sketch(f"d{number:03}", text, title, metadata={"n": number})


class Library:
    """A collection with a past: three views of it, of which the index has applied what it is
    told to."""

    def __init__(self, catalog: Catalog, directory: Path) -> None:
        self.catalog = catalog
        self.index = LexicalIndex(directory / "lexical", IDENTITY)
        self.resident = ResidentIndex(
            catalog.collections, catalog.log, SILENT, memory_bytes=2**20, retention=3_600.0
        )
        self._applier = LexicalApplier(catalog, self.index, timedelta(days=100_000))
        draw = random.Random(5)
        catalog.collections.create("acme", "words", "", GenerationSettings("minilm"))
        self._write([sketch(n, draw) for n in range(DOCUMENTS)])
        self.first = self.view
        self._applier.follow(self.first, 0)
        self.resident.start()
        eventually(lambda: self.resident.loaded(self.first))
        self._write([sketch(n, draw) for n in UPDATED])
        self.updated = self.view
        catalog.documents.delete(self._collection, [f"d{n:03}" for n in DELETED])

    @property
    def _collection(self):  # type: ignore[no-untyped-def]  # of the catalog
        return self.catalog.collections.get("acme", "words")

    @property
    def view(self) -> View:
        view: View = self._collection.view
        return view

    def _write(self, sketches: Sequence[Sketch]) -> None:
        self.catalog.documents.write(self._collection, [each.drawn() for each in sketches])

    def apply_all(self) -> None:
        """Let the index hear of everything."""
        self._applier.follow(self.view, self.first.revision)

    def retriever(self, resident: Resident, chunks: ChunkStore | None = None) -> LexicalRetriever:
        store = chunks or self.catalog.chunks
        return LexicalRetriever(
            store,
            Visibility(store, resident),
            self.index,
            Applied(self.index),
            exact_limit=40,
            tail_limit=100,
        )

    def plainly(self, view: View, filter: Filter | None, question: str) -> list[float]:
        """Scores of all that are visible and pass, highest first."""
        ranked = self.index.search(view.index_name, question, 1_000, bigram_weight=0.2)
        rows = self.catalog.chunks.visible(view, [chunk_id for chunk_id, _ in ranked])
        passing = {row for _, row in rows.values()}
        if filter is not None:
            passing &= self.catalog.chunks.matching(view, filter, Deadline(30.0))
        return [s for each, s in ranked if each in rows and rows[each][1] in passing]


@pytest.fixture
def library(catalog_under_test: Catalog, tmp_path: Path) -> Iterator[Library]:
    made = Library(catalog_under_test, tmp_path)
    yield made
    made.resident.stop()
    made.index.close()


def ask(
    retriever: LexicalRetriever,
    view: View,
    question: str,
    limit: int,
    filter: Filter | None = None,
    among: Sequence[Candidate] | None = None,
) -> tuple[list[Candidate], list[str]]:
    call = Call(ANONYMOUS, Deadline(30.0))
    search = Search(view, Words(question), limit, filter, LexicalSpec(), among=among)
    return retriever.retrieve(search, call), [each.step for each in call.funnel]


def alike(some: Sequence[Candidate], others: Sequence[Candidate]) -> bool:
    """Whether they are the same, but for those that tie with the last, of which any will do."""
    scores = [each.score for each in some]
    assert scores == pytest.approx([each.score for each in others])
    last = scores[-1] + 1e-5 if scores else 0.0
    above = [(each.chunk_id, each.row) for each in some if each.score > last]
    return above == [(each.chunk_id, each.row) for each in others if each.score > last]


_conditions = st.builds(
    Comparison,
    st.just("n"),
    st.sampled_from([Operator.LESS_THAN, Operator.GREATER_OR_EQUAL, Operator.EQUAL]),
    st.integers(-1, DOCUMENTS),
)
_questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("applied", [False, True], ids=["behind", "applied"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    filter=st.none() | _conditions,
    question=_questions,
    limit=st.integers(1, 40),
    view=st.sampled_from(["first", "updated", "view"]),
)
def test_from_memory_as_by_the_catalog_as_by_plain_arithmetic(
    library: Library,
    applied: bool,
    filter: Filter | None,
    question: str,
    limit: int,
    view: str,
) -> None:
    if applied and library.index.applied(library.view.index_name) < library.view.revision:
        library.apply_all()
    seen: View = getattr(library, view)
    in_memory, _ = ask(library.retriever(library.resident), seen, question, limit, filter)
    catalog, _ = ask(library.retriever(NothingResident()), seen, question, limit, filter)
    assert alike(in_memory, catalog)
    if library.index.applied(seen.index_name) >= seen.revision:
        expected = library.plainly(seen, filter, question)[:limit]
        assert [each.score for each in in_memory] == pytest.approx(expected)


def test_in_memory_the_catalog_is_not_asked(library: Library) -> None:
    library.apply_all()
    retriever = library.retriever(library.resident, OutOfReach())  # type: ignore[abstract]  # nothing of it is called
    few, most = (
        Comparison("n", operator, 2) for operator in (Operator.LESS_THAN, Operator.GREATER_THAN)
    )
    found, steps = ask(retriever, library.view, "wing lift", 5, few)
    assert (len(found), steps) == (5, ["filtered", "survivors"])
    found, steps = ask(retriever, library.view, "wing lift", 5, most)
    assert (len(found), steps) == (5, ["filtered", "lexical", "visible"])
    found, steps = ask(retriever, library.view, "wing lift", 5)
    assert (len(found), steps) == (5, ["lexical", "visible"])
    again, _ = ask(retriever, library.view, "wing lift", 5, among=found)
    assert [each.score for each in again] == pytest.approx([each.score for each in found])


def test_what_others_found_is_scored_by_an_index_that_is_ahead(library: Library) -> None:
    """It knows updated chunks by other rows than the view does."""
    library.apply_all()
    retriever = library.retriever(library.resident)
    every, _ = ask(retriever, library.updated, "wing lift heat", 1_000)
    before, _ = ask(retriever, library.first, "wing lift heat", 1_000)
    gone = {each.row for each in before} - {each.row for each in every}
    assert gone
    again, _ = ask(retriever, library.first, "wing lift heat", 1_000, among=before)
    assert [each.score for each in again] == pytest.approx([each.score for each in before])
