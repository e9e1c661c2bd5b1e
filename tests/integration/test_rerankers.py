"""Rerankers that ask a model, through the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_client import (
    CrossEncoderReranker,
    DegradationKind,
    Document,
    FailedPrecondition,
    LlmReranker,
    PipelineSpec,
    RagClient,
    Reranker,
    Retrieval,
)
from tests.cross_encoder import write_cross_encoder
from tests.integration.llm import API_KEY, MODEL, language_model
from tests.language_model import ScriptedModel, scripted_model
from tests.serving import serving

DOCUMENTS = [
    Document("cats", "Cats purr when they are content."),
    Document("hens", "Hens lay eggs in the morning."),
    Document("eels", "Eels swim to the Sargasso Sea."),
    Document("ants", "Ants farm aphids."),
]
PIPELINES = """
pipelines:
  judged:
    retriever: {dense: {}}
    rerankers: [{llm: {depth: 3}}]
"""


def ids(found: Retrieval) -> list[str]:
    return [hit.document_id for hit in found.hits]


def spec(reranker: Reranker) -> PipelineSpec:
    return PipelineSpec(rerankers=[reranker])


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture(scope="module")
def judging(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    """A server with both models."""
    home = tmp_path_factory.mktemp("reranking")
    words = ["cats", "hens", "eels", "ants", "aphids", "sargasso"]
    directory = write_cross_encoder(home / "cross", words)
    (home / "pipelines.yaml").write_text(PIPELINES)
    environment = model.environment(
        RAGRPC_RERANKING__CROSS_ENCODER_DIRECTORY=str(directory),
        RAGRPC_RETRIEVAL__PIPELINES_FILE=str(home / "pipelines.yaml"),
    )
    with (
        serving(home / "data", env=environment) as running,
        RagClient(running.address) as client,
    ):
        client.collections.create("animals")
        client.documents.upsert("animals", DOCUMENTS)
        yield client


def test_the_cross_encoder_reads_question_and_text_together(judging: RagClient) -> None:
    found = judging.retrieve(
        "animals", "Do ants know aphids or eels?", spec=spec(CrossEncoderReranker())
    )
    assert ids(found)[:2] == ["ants", "eels"]
    assert found.hits[0].score > found.hits[1].score > found.hits[2].score == 0.5
    assert [each.stage for each in found.hits[0].stage_scores] == ["dense", "cross_encoder"]


def test_the_model_has_the_order_and_what_it_leaves_out_stays_behind(
    judging: RagClient, model: ScriptedModel
) -> None:
    plain = ids(judging.retrieve("animals", "Which animal purrs?"))
    model.answer = lambda prompt: {"ranking": [3, 3, 1]}
    found = judging.retrieve("animals", "Which animal purrs?", pipeline="judged")
    assert ids(found) == [plain[2], plain[0], plain[1], plain[3]]
    assert [hit.score for hit in found.hits] == [1.0, 0.75, 0.5, 0.25]
    assert found.usage.prompt_token_count > 0
    # Of four it was shown three.
    assert [hit.text in model.prompts[-1] for hit in found.hits] == [True, True, True, False]


# Fewer than the breaker takes: it would keep the model from the other tests.
@pytest.mark.parametrize("answer", [{"ranking": [1, 9]}, {"ranking": []}, "not JSON"])
def test_an_answer_that_is_none_is_skipped_and_reported(
    judging: RagClient, model: ScriptedModel, answer: object
) -> None:
    plain = ids(judging.retrieve("animals", "Who farms?"))
    model.answer = lambda prompt: answer
    found = judging.retrieve("animals", "Who farms?", spec=spec(LlmReranker()))
    assert ids(found) == plain
    assert [(each.kind, each.stage) for each in found.degradations] == [
        (DegradationKind.RERANKER_SKIPPED, "rerank")
    ]


def test_what_is_not_set_up_is_refused_by_name(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, DOCUMENTS)
    with pytest.raises(FailedPrecondition) as caught:
        rag.retrieve(collection, "cats", spec=spec(CrossEncoderReranker()))
    assert caught.value.reason == "RERANKER_NOT_CONFIGURED"
    assert caught.value.metadata == {"setting": "reranking.cross_encoder_directory"}
    with pytest.raises(FailedPrecondition) as caught:
        rag.retrieve(collection, "cats", spec=spec(LlmReranker()))
    assert caught.value.reason == "GENERATOR_NOT_CONFIGURED"


@pytest.mark.llm
def test_a_real_model_keeps_to_the_schema(tmp_path: Path) -> None:
    """What a model this small says is not judged."""
    with language_model() as (url, _):
        environment = {
            "RAGRPC_OPENAI__BASE_URL": url,
            "RAGRPC_OPENAI__API_KEY": API_KEY,
            "RAGRPC_OPENAI__MODEL": MODEL,
            "RAGRPC_OPENAI__MAX_OUTPUT_TOKENS": "48",
            "RAGRPC_RETRIEVAL__MODEL_TIMEOUT_SECONDS": "60",
            "RAGRPC_SERVER__MAX_DEADLINE_SECONDS": "200",
        }
        with (
            serving(tmp_path / "data", env=environment) as running,
            RagClient(running.address) as client,
        ):
            client.collections.create("animals")
            client.documents.upsert("animals", DOCUMENTS)
            found = client.retrieve(
                "animals", "Which animal purrs?", spec=spec(LlmReranker(depth=3)), timeout=180
            )
    assert sorted(ids(found)) == sorted(each.id for each in DOCUMENTS)
    assert found.degradations == ()
    assert [hit.score for hit in found.hits] == [1.0, 0.75, 0.5, 0.25]
    assert found.usage.completion_token_count > 0
