"""Every reranker under the suite that ships with the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rag_server.core.call import Call
from rag_server.core.documents import GenerationSettings, View
from rag_server.core.protocols import Catalog, Contents, Reranker, Reranking
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
from rag_server.rerankers.mmr import MmrReranker
from rag_server.rerankers.pair_model import load_pair_model
from rag_server.rerankers.plugins import RerankerPlugin
from rag_server.testing import RerankerContract
from rag_server.testing.rerankers import Rerank
from rag_server.testing.words import WORDS
from tests.contract.conftest import Sketch
from tests.cross_encoder import write_cross_encoder

SPECS: dict[type, RerankerSpec] = {
    MmrSpec: MmrSpec(),
    MaxSimSpec: MaxSimSpec(),
    CrossEncoderSpec: CrossEncoderSpec(),
    LlmRerankSpec: LlmRerankSpec(depth=6),
    CustomRerankSpec: CustomRerankSpec("plain"),
}


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


def candidates(catalog: Catalog, view: View) -> list[Candidate]:
    rows, _ = catalog.chunks.vectors(view)
    scores = [1.0 - (place // 2) / 100 for place in range(len(rows))]
    ranked = sorted(zip(scores, rows, strict=True), key=lambda each: (-each[0], each[1][1]))
    return [
        Candidate(row, chunk_id, score, (StageScore("dense", score, rank),))
        for rank, (score, (row, chunk_id)) in enumerate(ranked, 1)
    ]


class TestRerankers(RerankerContract):
    """Over chunks of real catalogs."""

    @pytest.fixture(params=RERANKERS)
    def spec(self, request: pytest.FixtureRequest) -> RerankerSpec:
        return SPECS[request.param]

    @pytest.fixture
    def reranker(self, tmp_path: Path) -> Reranker:
        pairs = load_pair_model(write_cross_encoder(tmp_path / "cross", WORDS), None)
        return Rerankers(Materials(Backwards(), pairs, {"plain": RerankerPlugin("", {}, Plain)}))

    @pytest.fixture
    def contents(self, catalog_under_test: Catalog) -> Contents:
        return catalog_under_test.chunks

    @pytest.fixture
    def found(self, catalog_under_test: Catalog) -> list[Candidate]:
        """Chunks of two documents for each word, as a retriever gives them: equals in pairs."""
        collection = catalog_under_test.collections.create(
            "acme", "words", "", GenerationSettings("minilm")
        )
        sketches = [Sketch(f"{twin}{n}", word) for n, word in enumerate(WORDS) for twin in "ab"]
        catalog_under_test.documents.write(collection, [each.drawn() for each in sketches])
        view = catalog_under_test.collections.get("acme", "words").view
        return candidates(catalog_under_test, view)

    def test_the_stage_is_named_as_in_the_contract(
        self, rerank: Rerank, found: list[Candidate], spec: RerankerSpec
    ) -> None:
        name = RERANKER_NAMES[type(spec)]
        assert {each.stages[-1].stage for each in rerank(found)} == {name}


class TestWithoutCatalog(RerankerContract):
    """The suite as it comes, on which plug-ins are tested."""

    @pytest.fixture
    def spec(self) -> RerankerSpec:
        return MmrSpec()

    @pytest.fixture
    def reranker(self) -> Reranker:
        return MmrReranker()
