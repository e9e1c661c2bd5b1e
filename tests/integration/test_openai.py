"""The OpenAI-compatible generator against a real server with a small model.

The model follows few instructions: what it says is not judged, how it is carried is.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rag_client import (
    AbstainReason,
    Completed,
    DeadlineExceeded,
    Document,
    FailedPrecondition,
    OpenAiGenerator,
    RagClient,
    TextDelta,
    Unavailable,
)
from rag_server.core.call import Call, Deadline
from rag_server.core.errors import PreconditionFailed
from rag_server.core.errors import Unavailable as ModelUnavailable
from rag_server.core.principal import ANONYMOUS
from rag_server.generators.openai import OpenAiGenerator as Generator
from rag_server.generators.openai import OpenAiOptions
from rag_server.prompts.rendering import Templates
from tests.integration.llm import API_KEY, MODEL, language_model
from tests.serving import serving

pytestmark = pytest.mark.llm
QUESTION = "How many days of vacation do staff get?"


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with language_model() as (url, _):
        yield url


def environment(url: str, **settings: str) -> dict[str, str]:
    return {
        "RAGRPC_OPENAI__BASE_URL": url,
        "RAGRPC_OPENAI__API_KEY": API_KEY,
        "RAGRPC_OPENAI__MODEL": MODEL,
        "RAGRPC_OPENAI__MAX_OUTPUT_TOKENS": "24",
        **settings,
    }


def fill(rag: RagClient) -> None:
    rag.collections.create("office")
    text = "Staff get 25 days of vacation a year."
    rag.documents.upsert("office", [Document("a", text, title="Handbook")])


@pytest.fixture(scope="module")
def office(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    data_dir = tmp_path_factory.mktemp("openai") / "data"
    with serving(data_dir, env=environment(model)) as server, RagClient(server.address) as rag:
        fill(rag)
        yield rag


def test_an_answer_is_streamed_counted_and_only_cited_where_supported(office: RagClient) -> None:
    stream = office.stream_query("office", QUESTION, generator=OpenAiGenerator())
    events = list(stream)
    assert isinstance(events[-1], Completed)
    answer = events[-1].answer
    assert answer.provenance.generator == f"openai:{MODEL}"
    assert answer.usage.prompt_token_count > 20
    assert 0 < answer.usage.completion_token_count <= 24
    assert len([each for each in events if isinstance(each, TextDelta)]) > 1
    assert bool(answer.text) is not bool(answer.abstain_reasons)
    stored = office.documents.get("office", "a").text.encode()
    for citation in answer.citations:
        span = citation.source_span
        assert stored[span.start : span.end].decode() == citation.source_text
        assert 0 < citation.support <= 1


def test_the_token_limit_of_the_request_is_honoured_and_reported(office: RagClient) -> None:
    answer = office.query("office", QUESTION, generator=OpenAiGenerator(max_output_tokens=3))
    assert answer.usage.completion_token_count == 3
    assert [each.kind.value for each in answer.degradations] == ["answer_truncated"]


def test_a_short_deadline_ends_the_wait_for_the_model(office: RagClient) -> None:
    generator = OpenAiGenerator(max_output_tokens=2_000)
    with pytest.raises(DeadlineExceeded):
        # The model takes longer than this to read the prompt.
        office.query("office", QUESTION, generator=generator, timeout=0.2)


def test_extractive_is_still_the_default(office: RagClient) -> None:
    assert office.query("office", QUESTION).provenance.generator == "extractive"
    assert office.server_info().generators == ("extractive", f"openai:{MODEL}")


def test_refused_credentials_are_the_servers_fault_not_the_callers(
    model: str, tmp_path: Path
) -> None:
    wrong = environment(model, RAGRPC_OPENAI__API_KEY="sk-wrong")
    with serving(tmp_path / "data", env=wrong) as server, RagClient(server.address) as rag:
        fill(rag)
        with pytest.raises(FailedPrecondition) as caught:
            rag.query("office", QUESTION, generator=OpenAiGenerator())
        assert caught.value.reason == "GENERATOR_NOT_CONFIGURED"
        assert "sk-wrong" not in "".join(server.lines)


def test_a_model_that_dies_while_it_writes_is_unavailable(tmp_path: Path) -> None:
    with language_model() as (url, process):
        long = environment(url, RAGRPC_OPENAI__MAX_OUTPUT_TOKENS="2000")
        with serving(tmp_path / "data", env=long) as server, RagClient(server.address) as rag:
            fill(rag)
            stream = rag.stream_query("office", "Tell me everything.", generator=OpenAiGenerator())
            assert any(isinstance(event, TextDelta) for event in stream)
            process.kill()
            with pytest.raises(Unavailable) as caught:
                list(stream)
            assert caught.value.reason == "GENERATOR_UNAVAILABLE"
            assert AbstainReason.NO_SUPPORT not in rag.query("office", QUESTION).abstain_reasons


@pytest.fixture
async def generator(model: str) -> AsyncIterator[Generator]:
    options = OpenAiOptions(model, API_KEY, MODEL, 0.0, 64, 4_096, 30.0)
    made = Generator(options, Templates().render)
    yield made
    await made.close()


def a_call() -> Call:
    return Call(ANONYMOUS, Deadline(30.0))


async def test_a_structured_answer_keeps_to_its_schema(generator: Generator) -> None:
    schema = {
        "type": "object",
        "properties": {"days": {"type": "integer"}},
        "required": ["days"],
        "additionalProperties": False,
    }
    call = a_call()
    answer = await generator.complete("Staff get 25 days. How many days? JSON.", schema, call)
    assert isinstance(answer["days"], int)
    assert call.usage.completion_tokens > 0


async def test_an_answer_that_breaks_its_schema_is_refused(generator: Generator) -> None:
    # No JSON fits into the limit of tokens.
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 500}
    with pytest.raises(ModelUnavailable):
        await generator.complete("Write 500 words.", schema, a_call())


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    options = OpenAiOptions("http://127.0.0.1:9/v1", "k", MODEL, 0.0, 16, 4_096, 5.0)
    generator = Generator(options, Templates().render)
    with pytest.raises(ModelUnavailable):
        await generator.complete("x", {"type": "object"}, a_call())
    await generator.close()


async def test_wrong_credentials_name_no_secret(model: str) -> None:
    options = OpenAiOptions(model, "sk-wrong", MODEL, 0.0, 16, 4_096, 5.0)
    generator = Generator(options, Templates().render)
    with pytest.raises(PreconditionFailed) as caught:
        await generator.complete("x", {"type": "object"}, a_call())
    assert "sk-wrong" not in str(caught.value)
    assert "sk-wrong" not in repr(options)
    await generator.close()
