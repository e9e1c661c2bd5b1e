"""What Chroma's ranking, masked by a filter, finds of the truly nearest. How far the graph must be
searched for that shows at greater sizes only: see `IndexSettings`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import and_, or_
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.composition.index import open_index
from rag_server.core.call import Call, Deadline
from rag_server.core.content import ContentType
from rag_server.core.documents import (
    Embedding,
    GenerationSettings,
    NewChunk,
    NewDocument,
    Vector,
    View,
)
from rag_server.core.filters import AllOf, AnyOf, Comparison, Filter, Negated, Operator
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Search
from rag_server.core.specs import DenseSpec
from rag_server.core.telemetry import SILENT
from rag_server.core.values import Metadata, Span
from rag_server.core.vector_applier import VectorApplier
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.retrievers.dense import DenseRetriever, Limits
from rag_server.retrievers.visibility import Visibility
from rag_server.settings import Settings
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from tests.contract.conftest import IDENTITY
from tests.waiting import eventually

COUNT, DIMENSION, COMMIT = 8_000, 128, 2_000
THEMES = 80
# How far vectors stand from their theme: those of one have a cosine of about .67.
SPREAD = 0.7
QUESTIONS, TOP = 100, 10
SOURCES = ("mail", "wiki", "chat", "file")
Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
# A filter, and which chunks it ought to let through.
Condition = tuple[Filter, Mask]


@dataclass(frozen=True)
class Library:
    """Many chunks around themes, by number, and what their documents say of themselves."""

    vectors: Matrix
    metadata: list[Metadata]
    questions: Matrix

    def column(self, field: str) -> NDArray[Any]:
        """Values of a field; -1 where it is not there."""
        return np.array([each.get(field, -1) for each in self.metadata])

    def nearest(self, question: Vector, passing: Mask) -> set[str]:
        """Ids of the nearest of those that pass, by plain arithmetic."""
        scores = np.where(passing, self.vectors @ question, -2.0)
        return {f"d{number}" for number in np.argsort(-scores)[:TOP]}


class Applied:
    """Freshness of an index that has all."""

    def applied(self, view: View) -> int:
        return view.revision

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        return view.revision


class Question:
    """A question that is a vector."""

    text = "asked by its vector"

    def __init__(self, vector: Vector) -> None:
        self._vector = vector

    def vector(self) -> Vector:
        return self._vector

    def reworded(self, text: str) -> "Question":
        return self

    def passages(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self._vector] * len(texts))


def _unit(vectors: Matrix) -> Matrix:
    unit: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _around(themes: Matrix, drawn: np.random.Generator, count: int) -> tuple[Matrix, list[int]]:
    chosen = drawn.integers(len(themes), size=count)
    noise = drawn.standard_normal((count, DIMENSION), np.float32) / DIMENSION**0.5
    return _unit(themes[chosen] + SPREAD * noise), chosen.tolist()


@pytest.fixture(scope="module")
def library() -> Library:
    drawn, others = np.random.default_rng(11), Random(11)
    themes = _unit(drawn.standard_normal((THEMES, DIMENSION), np.float32))
    vectors, chosen = _around(themes, drawn, COUNT)
    metadata: list[Metadata] = [
        {
            # Of neighbours alike, unlike all others.
            "shelf": theme % 5,
            "source": others.choice(SOURCES),
            "rating": others.random(),
            "tags": tuple(sorted(others.sample("abcd", 2))),
            **({"year": others.randint(2000, 2024)} if others.random() < 0.8 else {}),
        }
        for theme in chosen
    ]
    return Library(vectors, metadata, _around(themes, drawn, QUESTIONS)[0])


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recall")


@pytest.fixture(scope="module")
def catalog(directory: Path, library: Library) -> Iterator[SqlCatalog]:
    catalog = open_catalog(directory)
    collection = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    for start in range(0, COUNT, COMMIT):
        documents = [_document(library, number) for number in range(start, start + COMMIT)]
        catalog.documents.write(collection, documents)
    yield catalog
    catalog.close()


@pytest.fixture(scope="module")
def view(catalog: SqlCatalog) -> View:
    return catalog.collections.get("acme", "docs").view


def _document(library: Library, number: int) -> NewDocument:
    vector, key = library.vectors[number], sha256(f"{number}".encode()).digest()
    embedding = Embedding(vector, (vector[np.newaxis] * 127).astype(np.int8))
    span = Span(0, 4)
    chunk = NewChunk(f"d{number}", 0, span, "text", 1, (span,), key, embedding)
    about = (ContentType.PLAIN, "", library.metadata[number], key, b"recipe")
    return NewDocument(f"d{number}", "text", *about, [chunk])


@pytest.fixture(scope="module")
def retriever(directory: Path, catalog: SqlCatalog, view: View) -> Iterator[DenseRetriever]:
    """That never scores what passes as long as Chroma finds enough of it."""
    index = open_index(Settings.model_validate({"data": {"directory": directory}}), IDENTITY)
    index.refresh()
    applier, applied = VectorApplier(catalog, index), 0
    while applied < view.revision:
        applied = applier.follow(view, applied)
    stores = (catalog.collections, catalog.log, SILENT)
    resident = ResidentIndex(*stores, memory_bytes=2**30, retention=3_600.0)
    resident.start()
    eventually(lambda: resident.loaded(view))
    visibility = Visibility(catalog.chunks, resident)
    yield DenseRetriever(visibility, index, Applied(), Limits(exact=0, tail=0))
    resident.stop()
    index.close()


class Conditions:
    """Random filters over the metadata of a library."""

    def __init__(self, library: Library) -> None:
        self._drawn = Random(3)
        fields = ("shelf", "source", "rating", "tags", "year")
        self._columns = {name: library.column(name) for name in fields}

    def many(self) -> Condition:
        """One that lets a tenth of all through, or more: less is better scored."""
        while True:
            asked, passing = self._nested(2)
            if passing.mean() >= 0.1:
                return asked, passing

    def _nested(self, depth: int) -> Condition:
        kind = self._drawn.choice(("plain", "not", "all", "any")) if depth else "plain"
        if kind == "plain":
            return self._plain()
        if kind == "not":
            asked, passing = self._nested(depth - 1)
            return Negated(asked), ~passing
        (one, some), (other, more) = self._nested(depth - 1), self._nested(depth - 1)
        joined, combined = (AllOf, and_) if kind == "all" else (AnyOf, or_)
        return joined((one, other)), combined(some, more)

    def _plain(self) -> Condition:
        drawn, columns = self._drawn, self._columns
        shelf, year, tag = drawn.randrange(5), drawn.randint(2000, 2024), drawn.choice("abcd")
        rating, sources = drawn.random(), tuple(drawn.sample(SOURCES, 2))
        conditions: list[Condition] = [
            (Comparison("shelf", Operator.EQUAL, shelf), columns["shelf"] == shelf),
            (Comparison("shelf", Operator.NOT_EQUAL, shelf), columns["shelf"] != shelf),
            (Comparison("source", Operator.IN, sources), np.isin(columns["source"], sources)),
            (Comparison("rating", Operator.LESS_THAN, rating), columns["rating"] < rating),
            (Comparison("tags", Operator.CONTAINS, tag), (columns["tags"] == tag).any(axis=1)),
            (Comparison("year", Operator.GREATER_OR_EQUAL, year), columns["year"] >= year),
            (Comparison("year", Operator.EXISTS, False), columns["year"] == -1),
        ]
        return drawn.choice(conditions)


def _found(
    retriever: DenseRetriever, view: View, question: Vector, asked: Filter | None
) -> tuple[set[str], list[str]]:
    call = Call(ANONYMOUS, Deadline(60.0))
    search = Search(view, Question(question), TOP, asked, DenseSpec())
    return {each.chunk_id for each in retriever.retrieve(search, call)}, call.paths


def test_a_masked_ranking_misses_one_in_a_hundred_at_most(
    library: Library, retriever: DenseRetriever, view: View
) -> None:
    conditions, recalls, paths = Conditions(library), [], []
    for question in library.questions:
        asked, passing = conditions.many()
        found, path = _found(retriever, view, question, asked)
        assert len(found) == TOP
        assert all(passing[int(each[1:])] for each in found)
        recalls.append(len(found & library.nearest(question, passing)) / TOP)
        paths.append(path)
    assert sum(path == ["index"] for path in paths) >= 0.95 * len(paths)
    assert np.mean(recalls) >= 0.99


def test_without_a_filter_it_misses_one_in_a_hundred_at_most(
    library: Library, retriever: DenseRetriever, view: View
) -> None:
    every, recalls = np.ones(COUNT, np.bool_), []
    for question in library.questions:
        found, path = _found(retriever, view, question, None)
        assert path == ["index"]
        recalls.append(len(found & library.nearest(question, every)) / TOP)
    assert np.mean(recalls) >= 0.99
