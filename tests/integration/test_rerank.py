"""Texts of the caller's own, put in order by a real server."""

from collections.abc import Iterator

import pytest

from rag_client import (
    AsyncRagClient,
    CrossEncoderReranker,
    DegradationKind,
    Document,
    FailedPrecondition,
    InvalidArgument,
    LlmReranker,
    MaxSimReranker,
    MmrReranker,
    RagClient,
    Ranking,
    Text,
)
from tests.cross_encoder import write_cross_encoder
from tests.language_model import ScriptedModel, scripted_model
from tests.serving import ServerProcess, serving

TEXTS = [
    Text("hens", "Hens lay eggs in the morning."),
    Text("eels", "Eels swim to the Sargasso Sea."),
    Text("cats", "Cats purr when they are content."),
    Text("more cats", "Cats purr when they are quite content."),
]
QUESTION = "Which animal purrs?"


def ids(ranking: Ranking) -> list[str]:
    return [each.id for each in ranking.texts]


def test_texts_are_put_in_order_without_a_collection(rag: RagClient) -> None:
    ranking = rag.rerank(QUESTION, TEXTS)
    assert set(ids(ranking)[:2]) == {"cats", "more cats"}
    assert [TEXTS[each.index].id for each in ranking.texts] == ids(ranking)
    scores = [each.score for each in ranking.texts]
    assert scores == sorted(scores, reverse=True)
    stages = [[score.stage for score in each.stage_scores] for each in ranking.texts]
    assert stages == [["dense", "max_sim"]] * 4
    assert [each.stage for each in ranking.timings] == ["embed", "rerank"]
    assert ranking.usage.text_embedding_count == 4
    assert ranking.embedder == f"{rag.server_info().embedder.name}+tokens"
    assert ranking.degradations == ()


def test_the_cosine_is_that_of_a_collection(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [Document(each.id, each.text) for each in TEXTS])
    found = rag.retrieve(collection, QUESTION, pipeline="fast")
    stored = {hit.document_id: hit.score for hit in found.hits}
    given = {each.id: each.stage_scores[0].score for each in rag.rerank(QUESTION, TEXTS).texts}
    assert given == pytest.approx(stored, abs=1e-5)


def test_the_best_of_all_texts_are_returned(rag: RagClient) -> None:
    whole = rag.rerank(QUESTION, TEXTS, reranker=MaxSimReranker(depth=1))
    assert (
        ids(rag.rerank(QUESTION, TEXTS, top_k=2, reranker=MaxSimReranker(depth=1)))
        == (ids(whole)[:2])
    )
    assert len(whole.texts) == 4


def test_plain_texts_are_named_by_their_places(rag: RagClient) -> None:
    assert ids(rag.rerank(QUESTION, [each.text for each in TEXTS[:3]], top_k=1)) == ["2"]


def test_a_title_is_read_along(rag: RagClient) -> None:
    texts = [Text("a", "They do it when content."), Text("b", "They do it when content.", "Cats")]
    assert ids(rag.rerank("What do cats do?", texts)) == ["b", "a"]


def test_what_repeats_comes_later_with_mmr(rag: RagClient) -> None:
    ranking = rag.rerank(QUESTION, TEXTS, reranker=MmrReranker(relevance=0.3))
    assert not {"cats", "more cats"} <= set(ids(ranking)[:2])


def test_one_text_is_an_order_too(rag: RagClient) -> None:
    assert ids(rag.rerank(QUESTION, TEXTS[:1])) == ["hens"]


def test_the_same_question_is_embedded_once(rag: RagClient) -> None:
    question = "Which of the animals sleeps?"
    assert not rag.rerank(question, TEXTS).cache.query_embedding_hit
    again = rag.rerank(question, TEXTS)
    assert again.cache.query_embedding_hit
    assert again.usage.query_embedding_count == 0


async def test_the_asynchronous_client_gets_the_same(rag: RagClient, server: ServerProcess) -> None:
    async with AsyncRagClient(server.address) as client:
        assert ids(await client.rerank(QUESTION, TEXTS)) == ids(rag.rerank(QUESTION, TEXTS))


def test_what_is_not_set_up_is_refused_by_name(rag: RagClient) -> None:
    with pytest.raises(FailedPrecondition) as caught:
        rag.rerank(QUESTION, TEXTS, reranker=CrossEncoderReranker())
    assert caught.value.reason == "RERANKER_NOT_CONFIGURED"
    with pytest.raises(FailedPrecondition) as caught:
        rag.rerank(QUESTION, TEXTS, reranker=LlmReranker())
    assert caught.value.reason == "GENERATOR_NOT_CONFIGURED"


def test_the_limits_are_those_that_the_server_states(rag: RagClient) -> None:
    limits = rag.server_info().limits
    with pytest.raises(InvalidArgument) as caught:
        rag.rerank(QUESTION, ["x"] * (limits.max_rerank_texts + 1))
    assert [each.field for each in caught.value.violations] == ["texts"]
    with pytest.raises(InvalidArgument) as caught:
        rag.rerank(QUESTION, ["x" * (limits.max_rerank_bytes // 2 + 1)] * 2)
    assert "together" in caught.value.violations[0].description


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture(scope="module")
def judging(model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    """A server with a cross-encoder and a language model."""
    home = tmp_path_factory.mktemp("rerank")
    directory = write_cross_encoder(home / "cross", ["cats", "hens", "eels", "sargasso"])
    environment = model.environment(RAGRPC_RERANKING__CROSS_ENCODER_DIRECTORY=str(directory))
    with serving(home / "data", env=environment) as running, RagClient(running.address) as client:
        yield client


def test_a_cross_encoder_needs_no_embedding(judging: RagClient) -> None:
    ranking = judging.rerank("Eels in the Sargasso?", TEXTS, reranker=CrossEncoderReranker())
    assert ids(ranking)[0] == "eels"
    assert [each.stage for each in ranking.texts[0].stage_scores] == ["given", "cross_encoder"]
    assert (ranking.usage.text_embedding_count, ranking.embedder) == (0, "")


def test_a_language_model_orders_what_it_is_shown(judging: RagClient, model: ScriptedModel) -> None:
    model.answer = lambda prompt: {"ranking": [3, 1]}
    ranking = judging.rerank(QUESTION, TEXTS, reranker=LlmReranker(depth=3))
    assert ids(ranking) == ["cats", "hens", "eels", "more cats"]
    assert ranking.usage.prompt_token_count > 0


def test_a_model_that_answers_nonsense_leaves_the_order_given(
    judging: RagClient, model: ScriptedModel
) -> None:
    model.answer = lambda prompt: "not JSON"
    ranking = judging.rerank(QUESTION, TEXTS, top_k=3, reranker=LlmReranker())
    assert ids(ranking) == ["hens", "eels", "cats"]
    assert [each.kind for each in ranking.degradations] == [DegradationKind.RERANKER_SKIPPED]
