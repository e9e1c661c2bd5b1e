"""What every generator owes, the small language model included."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import numpy as np
import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Sentences, StoredChunk, Vector
from rag_server.core.errors import DeadlineExceeded
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Generator
from rag_server.core.retrieval import (
    AbstainReason,
    Degradation,
    Delta,
    ExtractiveSpec,
    GeneratorSpec,
    Hit,
    OpenAiSpec,
)
from rag_server.core.values import Span
from rag_server.generators.extractive import ExtractiveGenerator
from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions
from rag_server.prompts.rendering import Templates
from rag_server.resilience.pool import BoundedPool
from tests.integration.llm import API_KEY, MODEL, language_model

TEXT = "Staff get 25 days of vacation."
VECTOR = np.array([1.0, 0.0, 0.0, 0.0], np.float32)


@asynccontextmanager
async def _extractive() -> AsyncIterator[Generator]:
    pool = BoundedPool("generation", 1, 8)
    yield ExtractiveGenerator(pool)
    pool.close(wait=True)


@asynccontextmanager
async def _openai() -> AsyncIterator[Generator]:
    with language_model() as (url, _):
        options = OpenAiOptions(url, API_KEY, MODEL, 0.0, 16, 2_048, 30.0)
        generator = OpenAiGenerator(options, Templates().render)
        yield generator
        await generator.close()


GENERATORS: Mapping[
    str, tuple[Callable[[], AbstractAsyncContextManager[Generator]], GeneratorSpec]
] = {
    "extractive": (_extractive, ExtractiveSpec()),
    "openai": (_openai, OpenAiSpec()),
}


class Question:
    text = "How many days of vacation do staff get?"

    def vector(self) -> Vector:
        return VECTOR


@pytest.fixture(params=GENERATORS)
async def implementation(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[Generator, GeneratorSpec]]:
    opened, spec = GENERATORS[request.param]
    async with opened() as generator:
        yield generator, spec


def a_hit(text: str = TEXT) -> Hit:
    span = Span(0, len(text.encode()))
    chunk = StoredChunk(1, "c", "d", 0, span, text, 8, "Handbook", {})
    vectors = np.array([[127, 0, 0, 0]], np.int8)
    near = np.array([0.9], np.float32)
    return Hit(chunk, 0.9, (), sentences=Sentences((span,), vectors), nearness=near)


def a_call(seconds: float = 60.0) -> Call:
    return Call(ANONYMOUS, Deadline(seconds))


async def test_deltas_are_never_empty_and_an_abstention_is_last(
    implementation: tuple[Generator, GeneratorSpec],
) -> None:
    generator, spec = implementation
    call = a_call()
    written = [piece async for piece in generator.generate(Question(), [a_hit()], spec, call)]
    assert written
    assert all(piece.text for piece in written if isinstance(piece, Delta))
    assert not any(isinstance(piece, AbstainReason) for piece in written[:-1])


async def test_degradations_are_reported_to_the_call_as_well(
    implementation: tuple[Generator, GeneratorSpec],
) -> None:
    generator, spec = implementation
    call = a_call()
    written = [piece async for piece in generator.generate(Question(), [a_hit()], spec, call)]
    assert [piece for piece in written if isinstance(piece, Degradation)] == call.degradations


async def test_an_expired_deadline_is_refused(
    implementation: tuple[Generator, GeneratorSpec],
) -> None:
    generator, spec = implementation
    with pytest.raises(DeadlineExceeded):
        async for _ in generator.generate(Question(), [a_hit()], spec, a_call(0.0)):
            pass


async def test_names_are_for_people_and_metrics(
    implementation: tuple[Generator, GeneratorSpec],
) -> None:
    assert implementation[0].name
