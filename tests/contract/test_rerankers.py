"""What every reranker owes: some of what it was given, each once, best first by its own score."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import GenerationSettings, Vector, View
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Catalog, Reranker, Reranking
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate, StageScore
from rag_server.core.specs import (
    RERANKER_NAMES,
    CrossEncoderSpec,
    CustomRerankSpec,
    LlmRerankSpec,
    MaxSimSpec,
    MmrSpec,
    RerankerSpec,
)
from rag_server.rerankers import RERANKERS, Materials, Rerankers
from rag_server.rerankers.pair_model import load_pair_model
from rag_server.rerankers.plugins import RerankerPlugin
from tests.contract.conftest import Sketch
from tests.cross_encoder import write_cross_encoder

WORDS = [f"word{n}" for n in range(12)]
SPECS: dict[type, RerankerSpec] = {
    MmrSpec: MmrSpec(),
    MaxSimSpec: MaxSimSpec(),
    CrossEncoderSpec: CrossEncoderSpec(),
    LlmRerankSpec: LlmRerankSpec(depth=6),
    CustomRerankSpec: CustomRerankSpec("plain"),
}

Rerank = Callable[..., list[Candidate]]


class FixedQuestion:
    """A question whose vector is given."""

    text = "word3 or word8?"

    def __init__(self, vector: Vector) -> None:
        self._vector = vector

    def vector(self) -> Vector:
        return self._vector

    def tokens(self) -> NDArray[np.int8]:
        return (self._vector[np.newaxis] * 127).astype(np.int8)


class Backwards:
    """Stands for a language model, which is another in every test of the server."""

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> Any:
        count = schema["properties"]["ranking"]["maxItems"]
        return {"ranking": list(range(count, 0, -1))}


class Plain:
    """What a plug-in makes: orders by the length of texts, as far as these are there."""

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        read = reranking.contents.read([each.row for each in reranking.candidates])
        present = [each for each in reranking.candidates if each.row in read]
        return ranked("custom", ((e, len(read[e.row].text)) for e in present), reranking.limit)


@pytest.fixture(params=RERANKERS)
def spec(request: pytest.FixtureRequest) -> RerankerSpec:
    return SPECS[request.param]


@pytest.fixture
def reranker(tmp_path: Path) -> Reranker:
    pairs = load_pair_model(write_cross_encoder(tmp_path / "cross", WORDS), None)
    return Rerankers(Materials(Backwards(), pairs, {"plain": RerankerPlugin("", {}, Plain)}))


@pytest.fixture
def found(catalog_under_test: Catalog) -> list[Candidate]:
    """Chunks of two documents for each word, as a retriever gives them: equals in pairs."""
    collection = catalog_under_test.collections.create(
        "acme", "words", "", GenerationSettings("minilm")
    )
    sketches = [Sketch(f"{twin}{n}", word) for n, word in enumerate(WORDS) for twin in "ab"]
    catalog_under_test.documents.write(collection, [each.drawn() for each in sketches])
    view = catalog_under_test.collections.get("acme", "words").view
    return candidates(catalog_under_test, view)


def candidates(catalog: Catalog, view: View) -> list[Candidate]:
    rows, _ = catalog.chunks.vectors(view)
    scores = [1.0 - (place // 2) / 100 for place in range(len(rows))]
    ranked = sorted(zip(scores, rows, strict=True), key=lambda each: (-each[0], each[1][1]))
    return [
        Candidate(row, chunk_id, score, (StageScore("dense", score, rank),))
        for rank, (score, (row, chunk_id)) in enumerate(ranked, 1)
    ]


@pytest.fixture
def rerank(
    reranker: Reranker,
    spec: RerankerSpec,
    catalog_under_test: Catalog,
    catalog_vector: Callable[[str], Vector],
) -> Rerank:
    def reranked(given: list[Candidate], limit: int = 100) -> list[Candidate]:
        question = FixedQuestion(catalog_vector("word3"))
        contents = catalog_under_test.chunks
        return reranker.rerank(Reranking(question, contents, given, limit, spec), a_call())

    return reranked


def a_call() -> Call:
    return Call(ANONYMOUS, Deadline(30.0))


def test_all_that_were_given_come_back_once(rerank: Rerank, found: list[Candidate]) -> None:
    assert sorted(each.row for each in rerank(found)) == sorted(each.row for each in found)


def test_the_best_come_first_by_the_new_score(
    rerank: Rerank, found: list[Candidate], spec: RerankerSpec
) -> None:
    before = {each.row: each.stages for each in found}
    ranked = rerank(found)
    assert ranked == sorted(ranked, key=lambda each: (-each.score, each.chunk_id))
    name = RERANKER_NAMES[type(spec)]
    for rank, each in enumerate(ranked, 1):
        assert each.stages == (*before[each.row], StageScore(name, each.score, rank))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, 30), left_out=st.sets(st.integers(0, 23)))
def test_at_most_the_limit_of_those_given(
    rerank: Rerank, found: list[Candidate], limit: int, left_out: set[int]
) -> None:
    some = [each for place, each in enumerate(found) if place not in left_out]
    ranked = rerank(some, limit)
    assert ranked == rerank(some)[:limit]
    assert {each.row for each in ranked} <= {each.row for each in some}


def test_the_same_comes_of_the_same(rerank: Rerank, found: list[Candidate]) -> None:
    assert rerank(found) == rerank(found)


def test_nothing_comes_of_nothing(rerank: Rerank) -> None:
    assert rerank([]) == []


def test_one_stays_one(rerank: Rerank, found: list[Candidate]) -> None:
    assert [each.row for each in rerank(found[:1])] == [found[0].row]


def test_what_was_purged_meanwhile_does_no_harm(rerank: Rerank, found: list[Candidate]) -> None:
    gone = replace(found[0], row=10**9, chunk_id="gone")
    kept = [each.row for each in rerank([gone, *found]) if each.row != gone.row]
    assert sorted(kept) == sorted(each.row for each in found)
