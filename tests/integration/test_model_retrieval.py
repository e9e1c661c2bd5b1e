"""Retrieval that asks a language model: one that says what it is told to, or does not, and a
real small one, of which only the plumbing is judged."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag_client import (
    DenseRetriever,
    Document,
    HydeRetriever,
    MultiQueryRetriever,
    PipelineSpec,
    RagClient,
    Retrieval,
    Retriever,
)
from tests.integration.llm import API_KEY, MODEL, language_model
from tests.language_model import COMPLETION_TOKENS, ScriptedModel, scripted_model
from tests.serving import serving
from tests.waiting import eventually

QUESTION = "How many days off do people get?"
TEXTS = {
    "leave": "Staff are entitled to 25 days of annual leave.",
    "pets": "Cats purr and sleep for most of the day.",
    "lunch": "The canteen serves lunch from noon.",
    "error": "ERR_CONN_42 means that the proxy refused the connection.",
}
MULTI, HYDE = MultiQueryRetriever(DenseRetriever()), HydeRetriever()
both = pytest.mark.parametrize("strategy", [MULTI, HYDE], ids=["multi_query", "hyde"])
# More than the server has threads for.
CROWD = 6


def fill(rag: RagClient) -> None:
    rag.collections.create("office", exist_ok=True)
    rag.documents.upsert("office", [Document(name, text) for name, text in TEXTS.items()])


def ask(rag: RagClient, strategy: Retriever, question: str = QUESTION) -> Retrieval:
    return rag.retrieve("office", question, spec=PipelineSpec(strategy), explain=True)


def ids(found: Retrieval) -> list[str]:
    return [each.document_id for each in found.hits]


def alike(found: Retrieval, plain: Retrieval) -> bool:
    """The same hits by the same stages: scores of an index that just caught up differ in their
    last digits from those of a scan."""
    return _staged(found) == _staged(plain)


def _staged(found: Retrieval) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (each.document_id, [(stage.stage, stage.rank) for stage in each.stage_scores])
        for each in found.hits
    ]


def kinds(found: Retrieval) -> list[str]:
    return [each.kind.value for each in found.degradations]


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedModel]:
    with scripted_model() as model:
        yield model


@pytest.fixture(scope="module")
def opened(
    scripted: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RagClient]:
    env = scripted.environment(RAGRPC_RETRIEVAL__MODEL_TIMEOUT_SECONDS="20")
    data_dir = tmp_path_factory.mktemp("scripted") / "data"
    with serving(data_dir, env=env) as server, RagClient(server.address) as rag:
        fill(rag)
        yield rag


@pytest.fixture
def office(opened: RagClient, scripted: ScriptedModel) -> Iterator[RagClient]:
    scripted.prompts.clear()
    scripted.answer = lambda prompt: {"texts": ["annual leave of staff", "cats that purr"]}
    scripted.status = 200
    yield opened
    scripted.thinking.set()


def test_other_wordings_find_what_the_question_does_not(
    office: RagClient, scripted: ScriptedModel
) -> None:
    found = ask(office, MULTI)
    assert ids(found)[0] == "leave"
    assert [each.stage for each in found.hits[0].stage_scores] == ["dense", "multi_query"]
    assert found.usage.completion_token_count == COMPLETION_TOKENS
    assert found.degradations == ()
    assert ("wordings", 3) in [(each.step, each.candidate_count) for each in found.funnel]
    assert QUESTION in scripted.prompts[0]
    assert "Write 3 other wordings" in scripted.prompts[0]


def test_a_made_up_passage_moves_the_question(office: RagClient, scripted: ScriptedModel) -> None:
    scripted.answer = lambda prompt: {"texts": ["Cats purr and sleep for most of the day."]}
    plain = ask(office, DenseRetriever(), "Why?")
    moved = ask(office, HYDE, "Why?")
    assert ids(moved)[0] == "pets"
    scores = {hit.document_id: hit.score for hit in plain.hits}
    assert moved.hits[0].score > scores["pets"]
    assert [each.stage for each in moved.hits[0].stage_scores] == ["dense"]


def test_an_identifier_is_searched_as_it_stands(office: RagClient, scripted: ScriptedModel) -> None:
    found = ask(office, HYDE, "ERR_CONN_42")
    assert ids(found)[0] == "error"
    assert scripted.prompts == []
    assert found.degradations == ()
    assert ("hypothetical", 0) in [(each.step, each.candidate_count) for each in found.funnel]


@both
@pytest.mark.parametrize("fault", ["broken", "no JSON", "wrong JSON", "refused"])
def test_a_model_of_no_use_leaves_what_the_base_finds(
    strategy: Retriever, fault: str, office: RagClient, scripted: ScriptedModel
) -> None:
    scripted.status = {"broken": 500, "refused": 401}.get(fault, 200)
    scripted.answer = lambda prompt: {"words": []} if fault == "wrong JSON" else "I cannot."
    found, plain = ask(office, strategy), ask(office, DenseRetriever())
    assert alike(found, plain)
    assert kinds(found) == ["query_expansion_skipped"]
    # So that the next test finds a breaker that is closed.
    scripted.status = 200
    scripted.answer = lambda prompt: {"texts": ["leave"]}
    assert eventually(lambda: not kinds(ask(office, strategy)))


@both
def test_a_slow_model_costs_half_of_the_time_at_most(
    strategy: Retriever, office: RagClient, scripted: ScriptedModel
) -> None:
    scripted.thinking.clear()
    found = office.retrieve("office", QUESTION, spec=PipelineSpec(strategy), timeout=2.0)
    assert kinds(found) == ["query_expansion_skipped"]
    assert alike(found, ask(office, DenseRetriever()))


def test_a_slow_model_does_not_take_the_threads_of_other_questions(
    office: RagClient, scripted: ScriptedModel
) -> None:
    scripted.thinking.clear()
    with ThreadPoolExecutor(CROWD) as crowd:
        waiting = [crowd.submit(ask, office, MULTI) for _ in range(CROWD)]
        assert eventually(lambda: len(scripted.prompts) >= 4)
        assert len(ask(office, DenseRetriever()).hits) == len(TEXTS)
        assert not any(each.done() for each in waiting)
        scripted.thinking.set()
        assert all(each.result().hits for each in waiting)


def test_an_answer_is_made_of_what_was_found_so(office: RagClient) -> None:
    answer = office.query("office", QUESTION, spec=PipelineSpec(MULTI))
    assert answer.provenance.pipeline == "custom"
    assert answer.degradations == ()


@pytest.mark.llm
def test_a_real_model_writes_texts_or_is_done_without(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data_dir = tmp_path_factory.mktemp("real") / "data"
    with language_model() as (url, _):
        env = {
            "RAGRPC_OPENAI__BASE_URL": url,
            "RAGRPC_OPENAI__API_KEY": API_KEY,
            "RAGRPC_OPENAI__MODEL": MODEL,
            "RAGRPC_OPENAI__MAX_OUTPUT_TOKENS": "96",
            "RAGRPC_RETRIEVAL__MODEL_TIMEOUT_SECONDS": "60",
        }
        with serving(data_dir, env=env) as server, RagClient(server.address) as rag:
            fill(rag)
            for strategy in (MultiQueryRetriever(DenseRetriever(), variants=1), HYDE):
                found = rag.retrieve("office", QUESTION, spec=PipelineSpec(strategy), timeout=120)
                assert found.usage.completion_token_count > 0
                assert len(found.hits) == len(TEXTS)
                assert kinds(found) in ([], ["query_expansion_skipped"])


@both
def test_without_a_model_it_is_the_base(strategy: Retriever, rag: RagClient) -> None:
    fill(rag)
    found, plain = ask(rag, strategy), ask(rag, DenseRetriever())
    assert alike(found, plain)
    assert kinds(found) == ["query_expansion_skipped"]
