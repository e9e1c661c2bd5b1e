"""Who writes answers, and the language model that retrieval may ask."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from rag_server.composition.parts import Parts
from rag_server.composition.pools import Pools
from rag_server.core.protocols import Completion, Generator, StructuredGenerator
from rag_server.core.retrieval import ExtractiveSpec, GeneratorSpec, OpenAiSpec
from rag_server.generators.completion import LoopCompletion, NoModel
from rag_server.generators.extractive import ExtractiveGenerator
from rag_server.prompts.rendering import Templates
from rag_server.resilience.dependency import BreakerPolicy, Dependency
from rag_server.resilience.retry import RetryPolicy
from rag_server.settings import Settings

# Its SDK retries by itself, and whoever asks can do without.
_ONCE = RetryPolicy(attempts=1, base_seconds=0.0, cap_seconds=0.0, budget=0.0)
_BREAKER = BreakerPolicy(failures=5, reset_seconds=5.0)


def open_generators(
    settings: Settings, pools: Pools, stack: AsyncExitStack
) -> Mapping[type, Generator]:
    """By the type of the spec that asks for them; closed by `stack`."""
    generators: dict[type, Generator] = {ExtractiveSpec: ExtractiveGenerator(pools.generation)}
    asked = settings.openai
    if asked.model is not None:
        # Imported here: the SDK is an extra and costs a second.
        from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions

        openai = OpenAiGenerator(
            OpenAiOptions(
                base_url=asked.base_url,
                api_key=asked.api_key.get_secret_value() if asked.api_key else "",
                model=asked.model,
                temperature=asked.temperature,
                max_output_tokens=asked.max_output_tokens,
                context_tokens=asked.context_tokens,
                timeout=asked.timeout_seconds,
            ),
            Templates().render,
        )
        stack.push_async_callback(openai.close)
        generators[OpenAiSpec] = openai
    return generators


def completion(parts: Parts) -> Completion:
    """The configured language model for worker threads. Called on the event loop."""
    for each in parts.generators.values():
        if isinstance(each, StructuredGenerator):
            return LoopCompletion(
                each,
                Templates().render,
                asyncio.get_running_loop(),
                Dependency(
                    "language_model", "the language model", _ONCE, _BREAKER, parts.telemetry
                ),
                parts.settings.retrieval.model_timeout_seconds,
            )
    return NoModel()


def default_generator(settings: Settings) -> GeneratorSpec:
    """That of a call which names none."""
    return OpenAiSpec() if settings.generation.default == "openai" else ExtractiveSpec()
