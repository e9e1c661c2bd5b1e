"""A language model asked from a worker thread, over HTTP as in the server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, RagError, Unavailable
from rag_server.core.principal import ANONYMOUS
from rag_server.core.telemetry import SILENT
from rag_server.generators.completion import LoopCompletion, NoModel
from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions
from rag_server.resilience.dependency import BreakerPolicy, Dependency
from rag_server.resilience.pool import BoundedPool
from rag_server.resilience.retry import RetryPolicy
from tests.language_model import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    ScriptedModel,
    scripted_model,
)
from tests.waiting import eventually

SCHEMA = {"type": "object", "required": ["word"]}
FAILURES = 3


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as model:
        model.answer = lambda prompt: {"word": prompt}
        yield model


class Asking:
    """A completion with the pool whose threads ask it."""

    def __init__(self, url: str, timeout: float) -> None:
        self._generator = OpenAiGenerator(
            OpenAiOptions(url, "k", "scripted", 0.0, 64, 4_096, 60.0), lambda *_: ""
        )
        once = RetryPolicy(1, 0.0, 0.0, 0.0)
        service = Dependency("model", "the model", once, BreakerPolicy(FAILURES, 60.0), SILENT)
        self._completion = LoopCompletion(
            self._generator,
            lambda name, variables: f"{name} {variables['of']}",
            asyncio.get_running_loop(),
            service,
            timeout,
        )
        self.pool = BoundedPool("model", 2, 8)

    async def ask(self, call: Call) -> Any:
        def work() -> Any:
            return self._completion.complete("word", {"of": "cats"}, SCHEMA, call)

        return await self.pool.run(work, call.deadline)

    async def close(self) -> None:
        await asyncio.to_thread(self.pool.close, wait=True)
        await self._generator.close()


@pytest.fixture
async def asking(model: ScriptedModel) -> AsyncIterator[Asking]:
    asking = Asking(model.url, timeout=30.0)
    yield asking
    await asking.close()


@pytest.fixture
async def impatient(model: ScriptedModel) -> AsyncIterator[Asking]:
    asking = Asking(model.url, timeout=0.05)
    yield asking
    model.thinking.set()
    await asking.close()


async def until(reached: Callable[[], object]) -> None:
    await asyncio.to_thread(eventually, reached)


def a_call(seconds: float = 60.0) -> Call:
    return Call(ANONYMOUS, Deadline(seconds))


async def test_the_answer_and_its_tokens_come_back_to_the_thread(asking: Asking) -> None:
    call = a_call()
    assert await asking.ask(call) == {"word": "word cats"}
    spent = call.usage.prompt_tokens, call.usage.completion_tokens
    assert spent == (PROMPT_TOKENS, COMPLETION_TOKENS)
    assert [each.stage for each in call.timings()] == ["model"]


async def test_several_threads_ask_at_the_same_time(model: ScriptedModel, asking: Asking) -> None:
    model.thinking.clear()
    both = asyncio.gather(asking.ask(a_call()), asking.ask(a_call()))
    await until(lambda: len(model.prompts) == 2)
    model.thinking.set()
    assert len(await both) == 2


async def test_half_of_the_time_is_left_when_the_model_is_slow(
    model: ScriptedModel, asking: Asking
) -> None:
    model.thinking.clear()
    call = a_call(1.0)
    with pytest.raises(Unavailable, match="in time"):
        await asking.ask(call)
    call.deadline.check("search")


async def test_a_caller_who_goes_away_frees_the_thread(
    model: ScriptedModel, asking: Asking
) -> None:
    model.thinking.clear()
    task = asyncio.create_task(asking.ask(a_call()))
    await until(lambda: model.prompts)
    assert asking.pool.running == 1
    task.cancel()
    await until(lambda: not asking.pool.running)
    assert not model.thinking.is_set()


async def test_a_caller_whose_time_is_up_does_not_blame_the_model(
    model: ScriptedModel, asking: Asking
) -> None:
    call = a_call()
    call.deadline.cancel()
    thread: list[RagError] = []

    def work() -> None:
        with pytest.raises(DeadlineExceeded) as caught:
            asking._completion.complete("word", {"of": "cats"}, SCHEMA, call)
        thread.append(caught.value)

    await asyncio.to_thread(work)
    assert thread
    assert model.prompts == []


@pytest.mark.parametrize("content", ["no JSON", "{}", ""])
async def test_an_answer_that_breaks_its_schema_is_unavailable(
    content: str, model: ScriptedModel, asking: Asking
) -> None:
    model.answer = lambda prompt: content
    call = a_call()
    with pytest.raises(Unavailable):
        await asking.ask(call)
    assert call.usage.completion_tokens == COMPLETION_TOKENS


async def test_a_model_that_refuses_the_server_is_a_wrong_setting(
    model: ScriptedModel, asking: Asking
) -> None:
    model.status = 401
    with pytest.raises(PreconditionFailed):
        await asking.ask(a_call())


async def test_nobody_waits_for_a_model_that_is_known_to_be_too_slow(
    model: ScriptedModel, impatient: Asking
) -> None:
    model.thinking.clear()
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await impatient.ask(a_call())
    asked = len(model.prompts)
    with pytest.raises(Unavailable, match="fails"):
        await impatient.ask(a_call())
    assert len(model.prompts) == asked


async def test_a_hurried_caller_does_not_make_it_look_broken(
    model: ScriptedModel, asking: Asking
) -> None:
    model.thinking.clear()
    for _ in range(FAILURES + 1):
        with pytest.raises(Unavailable, match="in time"):
            await asking.ask(a_call(0.1))
    model.thinking.set()
    assert await asking.ask(a_call()) == {"word": "word cats"}


def test_no_model_is_said_to_be_none() -> None:
    with pytest.raises(PreconditionFailed, match="no language model"):
        NoModel().complete("word", {}, SCHEMA, a_call())
