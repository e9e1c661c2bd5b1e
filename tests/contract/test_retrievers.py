"""What every retriever owes: visible chunks only, exactly filtered, best first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag_server.composition.index import open_index
from rag_server.core.call import Call, Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import GenerationSettings, IndexSettings, Vector, View
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.filters import Comparison, Filter, Negated, Operator, matches
from rag_server.core.metadata_schema import CollectionSchema
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Catalog, Changes, ChunkStore, Retriever, Search, VectorIndex
from rag_server.core.resident import Resident
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import (
    CustomSpec,
    DenseSpec,
    HybridSpec,
    HydeSpec,
    LexicalSpec,
    MultimodalSpec,
    MultiQuerySpec,
    ParentDocumentSpec,
    RetrieverSpec,
    SelfQuerySpec,
    SentenceSpec,
    WeightedFieldSpec,
    WeightedSpec,
)
from rag_server.core.telemetry import SILENT
from rag_server.generators.completion import NoModel
from rag_server.indexes.fields.index import ExactFields
from rag_server.indexes.lexical.applier import LexicalApplier
from rag_server.indexes.lexical.index import LexicalIndex
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.retrievers import RETRIEVERS, Retrievers, Sources
from rag_server.retrievers.plugins import RetrieverPlugin
from rag_server.settings import Settings
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.location import Location, PostgresOptions
from rag_server.testing.words import vector_of
from tests.contract.conftest import (
    CATALOGS,
    IDENTITY,
    ClosableCatalog,
    ClosableIndex,
    Sketch,
)
from tests.postgres_server import PostgresServer
from tests.waiting import eventually

WORDS = [f"word{n}" for n in range(40)]
# Each so that it ranks by the cosine of a chunk's only sentence, about.
SPECS: dict[type, RetrieverSpec] = {
    DenseSpec: DenseSpec(),
    LexicalSpec: LexicalSpec(),
    SentenceSpec: SentenceSpec(),
    HybridSpec: HybridSpec((WeightedSpec(DenseSpec()), WeightedSpec(DenseSpec()))),
    ParentDocumentSpec: ParentDocumentSpec(),
    # There is no model here: what it falls back to.
    MultiQuerySpec: MultiQuerySpec(DenseSpec()),
    HydeSpec: HydeSpec(),
    # A plug-in that hands on to its base.
    CustomSpec: CustomSpec("plain"),
    SelfQuerySpec: SelfQuerySpec(),
    # Of a collection without images and tables.
    MultimodalSpec: MultimodalSpec(tuple(map(WeightedFieldSpec, Modality))),
}
AWAY = {DenseSpec: DegradationKind.INDEX_AWAY, LexicalSpec: DegradationKind.LEXICAL_AWAY}
in_memory_only = pytest.mark.parametrize("engines", ["sqlite"], indirect=True)
dense_only = pytest.mark.parametrize("spec", [DenseSpec()], ids=["dense"])
Ask = Callable[..., list[Candidate]]
Nearest = Callable[[str, Iterable[int], int], list[str]]


class Plain:
    """What a plug-in makes: asks its base."""

    def __init__(self, chunks: ChunkStore, base: Retriever) -> None:
        self._base = base

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        assert isinstance(search.spec, CustomSpec)
        return self._base.retrieve(replace(search, spec=search.spec.base), call)


class FixedQuestion:
    """A question whose vector is given, and whose words ask for the same: the nearer that of a
    chunk, the more often they name it."""

    def __init__(self, vector: Vector) -> None:
        self._vector = vector
        words = sorted(
            [*WORDS, "fresh", "alike"], key=lambda word: float(np.dot(vector_of(word), vector))
        )
        ascending = " ".join(f"{word} " * count for count, word in enumerate(words, 1))
        # A word of most chunks weighs next to nothing.
        emphasis = 40_000 if words[-1] == "alike" else 60
        self.text = ascending + f" {words[-1]}" * emphasis

    def vector(self) -> Vector:
        return self._vector

    def reworded(self, text: str) -> "FixedQuestion":
        return self

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vector] * len(texts))


class NothingDeclared:
    """Knows of no metadata."""

    def of(self, view: View, hidden: Filter | None, deadline: Deadline) -> CollectionSchema:
        del view, hidden, deadline
        return CollectionSchema()


class Applied:
    """Freshness that reports what an index has, and never waits."""

    def __init__(self, index: VectorIndex | LexicalIndex) -> None:
        self._index = index

    def applied(self, view: View) -> int:
        return self._index.applied(view.index_name)

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        return self.applied(view)


class AwayIndex:
    """An index whose engine does not answer; tests of the server stop a real one."""

    most_results = 1_000

    def applied(self, name: str) -> int:
        return 1

    def search(
        self, name: str, vector: Vector, limit: int, deadline: Deadline, *, applied: int = 0
    ) -> list[tuple[str, float]]:
        raise Unavailable("the vector index is not available", Reason.NOT_READY)

    def prepare(self, name: str, settings: IndexSettings) -> None: ...

    def refresh(self) -> None: ...

    def apply(self, name: str, changes: Changes) -> None: ...

    def remove(self, name: str, ids: Sequence[str]) -> None: ...

    def drop(self, name: str) -> None: ...

    def names(self) -> list[str]:
        return []


class AwayLexical(LexicalIndex):
    """An index of words that has lost what it had."""

    def applied(self, name: str) -> int:
        return 1

    def search(self, *args: object, **kwargs: object) -> list[tuple[str, float]]:
        raise Unavailable("the lexical index is being filled again", Reason.INDEX_BEHIND)


@dataclass
class Engines:
    """Over the embedded index only: its own suite says that the others behave like it. In memory
    is what one of the databases has, not that of the other: that suite runs over both."""

    catalog: ClosableCatalog
    index: ClosableIndex
    lexical: LexicalIndex
    resident: ResidentIndex | None

    def emptied(self) -> None:
        for each in self.catalog.collections.page("acme", "", 10):
            self.catalog.collections.delete("acme", each.name)

    def close(self) -> None:
        if self.resident:
            self.resident.stop()
        self.lexical.close()
        self.index.close()
        self.catalog.close()


def _engines(location: Location, directory: Path) -> Engines:
    catalog = open_catalog(location)
    index = open_index(Settings.model_validate({"data": {"directory": directory}}), IDENTITY)
    index.refresh()
    resident = None
    if isinstance(location, Path):
        stores = (catalog.collections, catalog.log, SILENT)
        resident = ResidentIndex(*stores, memory_bytes=2**20, retention=3_600.0)
        resident.start()
    return Engines(catalog, index, LexicalIndex(directory / "lexical", IDENTITY), resident)


@pytest.fixture(scope="module")
def opened() -> Iterator[dict[str, Engines]]:
    """By the name of the catalog: opening them is dearer than what a test does with them."""
    made: dict[str, Engines] = {}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(params=CATALOGS)
def engines(
    request: pytest.FixtureRequest,
    opened: dict[str, Engines],
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engines]:
    name = request.param
    if name not in opened:
        directory = tmp_path_factory.mktemp(name)
        on_postgres = name == "postgres"
        url = postgres_server.new_database() if on_postgres else ""
        opened[name] = _engines(PostgresOptions(url) if on_postgres else directory, directory)
    yield opened[name]
    opened[name].emptied()


@pytest.fixture
def catalog_under_test(engines: Engines) -> Catalog:
    return engines.catalog


@pytest.fixture
def index_under_test(engines: Engines) -> VectorIndex:
    return engines.index


@pytest.fixture
def lexical(engines: Engines) -> LexicalIndex:
    return engines.lexical


@pytest.fixture(params=RETRIEVERS)
def spec(request: pytest.FixtureRequest) -> RetrieverSpec:
    return SPECS[request.param]


class NothingResident:
    """Before a collection is loaded."""

    def view(self, view: View, deadline: Deadline) -> None: ...


@pytest.fixture
def resident(engines: Engines) -> Resident:
    return engines.resident or NothingResident()


@pytest.fixture
def make(
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    lexical: LexicalIndex,
    resident: Resident,
    tmp_path: Path,
) -> Callable[..., Retriever]:
    def made(
        *, away: bool = False, exact: int = 5, tail: int = 100, resident: Resident = resident
    ) -> Retriever:
        index: VectorIndex = AwayIndex() if away else index_under_test
        words = AwayLexical(tmp_path / "away", IDENTITY) if away else lexical
        if isinstance(resident, ResidentIndex):
            loaded = resident.loaded
            views = catalog_under_test.collections.views()
            for each in views:
                resident.notify(each)
            eventually(lambda: all(map(loaded, views)))
        sources = Sources(
            chunks=catalog_under_test.chunks,
            resident=resident,
            reader=catalog_under_test.reader,
            index=index,
            freshness=Applied(index),
            lexical=words,
            lexical_freshness=Applied(words),
            exact_limit=exact,
            tail_limit=tail,
            completion=NoModel(),
            plugins={"plain": RetrieverPlugin("", {}, Plain)},
            schemas=NothingDeclared(),
            embed=lambda texts: np.stack([vector_of(each) for each in texts]),
            fields=catalog_under_test.fields,
            field_index=ExactFields(catalog_under_test.fields, 2**20),
            image_embedders={},
            encoders={},
        )
        return Retrievers(sources)

    return made


@pytest.fixture
def view(catalog_under_test: Catalog) -> View:
    collection = catalog_under_test.collections.create(
        "acme", "words", "", GenerationSettings("minilm")
    )
    sketches = [Sketch(f"d{n}", word, metadata={"n": n}) for n, word in enumerate(WORDS)]
    catalog_under_test.documents.write(collection, [each.drawn() for each in sketches])
    return catalog_under_test.collections.get("acme", "words").view


@pytest.fixture
def indexed(
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    lexical: LexicalIndex,
    view: View,
) -> View:
    LexicalApplier(catalog_under_test, lexical, timedelta(minutes=1)).follow(view, 0)
    index_under_test.prepare(view.index_name, IndexSettings())
    index_under_test.apply(view.index_name, catalog_under_test.feed.changes(view, 0, 1_000))
    return view


@pytest.fixture
def ask(spec: RetrieverSpec, catalog_vector: Callable[[str], Vector]) -> Ask:
    def asked(
        retriever: Retriever,
        view: View,
        word: str = "word7",
        limit: int = 5,
        filter: Filter | None = None,
        call: Call | None = None,
    ) -> list[Candidate]:
        question = FixedQuestion(catalog_vector(word))
        return retriever.retrieve(Search(view, question, limit, filter, spec), call or a_call())

    return asked


def a_call() -> Call:
    return Call(ANONYMOUS, Deadline(30.0))


def ids(candidates: Sequence[Candidate]) -> list[str]:
    return [each.chunk_id.split(":")[0] for each in candidates]


@pytest.fixture
def nearest(spec: RetrieverSpec, catalog_vector: Callable[[str], Vector]) -> Nearest:
    """The documents of `numbers`, nearest to the word first, by plain arithmetic."""

    def held(word: str) -> Vector:
        vector = catalog_vector(word)
        if not isinstance(spec, SentenceSpec):
            return vector
        quantised: Vector = (vector * 127).astype(np.int8).astype(np.float32)
        return quantised

    def ranked(word: str, numbers: Iterable[int], limit: int) -> list[str]:
        asked = catalog_vector(word)
        best = sorted(numbers, key=lambda n: -float(np.dot(held(WORDS[n]), asked)))
        return [f"d{n}" for n in best[:limit]]

    return ranked


def test_the_best_come_first_with_their_stage(
    make: Callable[..., Retriever],
    ask: Ask,
    indexed: View,
    nearest: Nearest,
) -> None:
    found = ask(make(), indexed)
    assert ids(found) == nearest("word7", range(40), 5)
    assert [each.stages[0].rank for each in found] == [1, 2, 3, 4, 5]
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)


def test_what_the_index_has_not_applied_is_found_too(
    make: Callable[..., Retriever],
    ask: Ask,
    view: View,
    nearest: Nearest,
) -> None:
    assert ids(ask(make(), view)) == nearest("word7", range(40), 5)


def test_a_read_that_cannot_be_fresh_is_refused_not_stale(
    make: Callable[..., Retriever], ask: Ask, view: View
) -> None:
    with pytest.raises(Unavailable) as caught:
        ask(make(tail=10, resident=NothingResident()), view)
    assert caught.value.reason is Reason.INDEX_BEHIND


@pytest.mark.parametrize("exact", [0, 2_000], ids=["by a wider search", "by scoring all"])
def test_deleted_documents_are_made_up_for(
    exact: int,
    make: Callable[..., Retriever],
    ask: Ask,
    indexed: View,
    catalog_under_test: Catalog,
    nearest: Nearest,
) -> None:
    gone = nearest("word7", range(40), 15)
    collection = catalog_under_test.collections.get("acme", "words")
    catalog_under_test.documents.delete(collection, gone)
    left = [n for n in range(40) if f"d{n}" not in gone]
    now = catalog_under_test.collections.get("acme", "words").view
    retriever = make(exact=exact)
    assert ids(ask(retriever, now)) == nearest("word7", left, 5)
    assert ids(ask(retriever, indexed)) == gone[:5]


def test_an_updated_document_is_found_by_its_new_text_once(
    make: Callable[..., Retriever], ask: Ask, indexed: View, catalog_under_test: Catalog
) -> None:
    collection = catalog_under_test.collections.get("acme", "words")
    update = Sketch("d3", "fresh word3", metadata={"n": 3}).drawn()
    catalog_under_test.documents.write(collection, [update])
    now = catalog_under_test.collections.get("acme", "words").view
    found = ask(make(), now, word="fresh", limit=40)
    assert found[0].chunk_id == "d3:fresh"
    assert len({each.chunk_id for each in found}) == len(found) == 40


def test_many_equal_chunks_hide_no_others(
    make: Callable[..., Retriever],
    ask: Ask,
    view: View,
    catalog_under_test: Catalog,
    index_under_test: VectorIndex,
    lexical: LexicalIndex,
    nearest: Nearest,
) -> None:
    collection = catalog_under_test.collections.get("acme", "words")
    equal = [f"e{n:03}" for n in range(300)]
    catalog_under_test.documents.write(
        collection, [Sketch(each, "alike", metadata={"n": 40}).drawn() for each in equal]
    )
    now = catalog_under_test.collections.get("acme", "words").view
    index_under_test.prepare(now.index_name, IndexSettings())
    index_under_test.apply(now.index_name, catalog_under_test.feed.changes(now, 0, 1_000))
    LexicalApplier(catalog_under_test, lexical, timedelta(minutes=1)).follow(now, 0)
    retriever = make(exact=0)
    for n, word in enumerate(WORDS):
        assert ids(ask(retriever, now, word, 1)) == [f"d{n}"]
    assert ids(ask(retriever, now, "alike", 5)) == equal[:5]
    others = Comparison("n", Operator.LESS_THAN, 40)
    assert ids(ask(retriever, now, "alike", 40, others)) == nearest("alike", range(40), 40)


_conditions = st.one_of(
    st.builds(
        Comparison,
        st.just("n"),
        st.sampled_from([Operator.LESS_THAN, Operator.GREATER_OR_EQUAL, Operator.NOT_EQUAL]),
        st.integers(-1, 41),
    ),
    st.builds(
        Comparison,
        st.just("n"),
        st.just(Operator.IN),
        st.lists(st.integers(0, 39), min_size=1, max_size=8).map(tuple),
    ),
)
_filters = st.one_of(_conditions, st.builds(Negated, _conditions))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(filter=_filters, word=st.sampled_from(WORDS), limit=st.integers(1, 12))
def test_filters_are_exact_on_every_path(
    make: Callable[..., Retriever],
    ask: Ask,
    indexed: View,
    nearest: Nearest,
    filter: Filter,
    word: str,
    limit: int,
) -> None:
    passing = [n for n in range(40) if matches(filter, {"n": n})]
    expected = nearest(word, passing, limit)
    for exact in (0, 5, 1_000):
        assert ids(ask(make(exact=exact), indexed, word, limit, filter)) == expected


@pytest.mark.parametrize(
    ("spec", "widest", "fewest"),
    [(DenseSpec(), "index", "exact"), (LexicalSpec(), "lexical", "survivors")],
    ids=["dense", "lexical"],
)
def test_the_funnel_says_which_path_was_taken(
    make: Callable[..., Retriever], ask: Ask, indexed: View, widest: str, fewest: str
) -> None:
    few = Comparison("n", Operator.LESS_THAN, 3)
    steps: dict[str, list[str]] = {}
    for name, asked in (("none", None), ("few", few), ("many", Negated(few))):
        call = a_call()
        ask(make(), indexed, filter=asked, call=call)
        steps[name] = [each.step for each in call.funnel]
    assert steps == {
        "none": [widest, "visible"],
        "few": ["filtered", fewest],
        "many": ["filtered", widest, "visible"],
    }


@pytest.mark.parametrize("spec", [DenseSpec(), LexicalSpec()], ids=["dense", "lexical"])
def test_a_small_collection_is_scanned_while_the_index_is_away(
    make: Callable[..., Retriever],
    ask: Ask,
    indexed: View,
    nearest: Nearest,
    spec: RetrieverSpec,
) -> None:
    call = a_call()
    retriever = make(away=True, exact=100, resident=NothingResident())
    assert ids(ask(retriever, indexed, call=call)) == nearest("word7", range(40), 5)
    assert [each.kind for each in call.degradations] == [AWAY[type(spec)]]


def test_a_large_one_is_unavailable(
    make: Callable[..., Retriever], ask: Ask, indexed: View
) -> None:
    with pytest.raises(Unavailable):
        ask(make(away=True, exact=10, resident=NothingResident()), indexed)


@dense_only
@in_memory_only
def test_what_is_in_memory_needs_no_index(
    make: Callable[..., Retriever], ask: Ask, indexed: View, nearest: Nearest
) -> None:
    call = a_call()
    found = ask(make(away=True, exact=10), indexed, call=call)
    assert ids(found) == nearest("word7", range(40), 5)
    assert [each.kind for each in call.degradations] == [DegradationKind.INDEX_AWAY]


@dense_only
@in_memory_only
def test_results_say_which_path_served_them(
    make: Callable[..., Retriever], ask: Ask, indexed: View
) -> None:
    def paths(**made: Any) -> list[str]:
        call = a_call()
        ask(make(**made), indexed, call=call)
        return call.paths

    assert paths(exact=0) == ["index"]
    assert paths(exact=99) == ["exact"]
    assert paths(resident=NothingResident()) == ["catalog", "index"]
    assert paths(away=True, exact=99, resident=NothingResident()) == ["catalog", "exact"]


@dense_only
@in_memory_only
def test_what_is_in_memory_waits_for_no_index_that_is_behind(
    make: Callable[..., Retriever], ask: Ask, view: View, nearest: Nearest
) -> None:
    call = a_call()
    found = ask(make(tail=10), view, call=call)
    assert ids(found) == nearest("word7", range(40), 5)
    assert (call.paths, call.degradations) == (["exact"], [])


@dense_only
@in_memory_only
def test_a_score_is_the_same_on_every_path(
    make: Callable[..., Retriever], ask: Ask, indexed: View, catalog_under_test: Catalog
) -> None:
    by_index, exactly = (
        ask(make(exact=0), indexed, limit=10),
        ask(make(exact=99), indexed, limit=10),
    )
    assert [(e.chunk_id, e.score) for e in by_index] == [(e.chunk_id, e.score) for e in exactly]


def test_only_those_given_are_ranked(
    make: Callable[..., Retriever],
    spec: RetrieverSpec,
    indexed: View,
    ask: Ask,
    catalog_vector: Callable[[str], Vector],
) -> None:
    retriever = make()
    some = [each for each in ask(retriever, indexed, limit=40) if each.chunk_id < "d2"]
    question = FixedQuestion(catalog_vector("word7"))
    search = Search(indexed, question, 5, None, spec, among=some)
    found = retriever.retrieve(search, a_call())
    assert ids(found) == [each.chunk_id.split(":")[0] for each in some][:5]
    assert retriever.retrieve(replace(search, among=[]), a_call()) == []


def test_nothing_passes_nothing_is_found(
    make: Callable[..., Retriever], ask: Ask, indexed: View
) -> None:
    nobody = Comparison("n", Operator.GREATER_THAN, 1_000)
    assert ask(make(), indexed, filter=nobody) == []
    assert ask(make(exact=0), indexed, filter=nobody) == []
