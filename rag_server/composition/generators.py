"""Who writes answers."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from rag_server.composition.pools import Pools
from rag_server.core.protocols import Generator
from rag_server.core.retrieval import ExtractiveSpec, GeneratorSpec, OpenAiSpec
from rag_server.generators.extractive import ExtractiveGenerator
from rag_server.settings import Settings


def open_generators(
    settings: Settings, pools: Pools, stack: AsyncExitStack
) -> Mapping[type, Generator]:
    """By the type of the spec that asks for them; closed by `stack`."""
    generators: dict[type, Generator] = {ExtractiveSpec: ExtractiveGenerator(pools.generation)}
    asked = settings.openai
    if asked.model is not None:
        # Imported here: the SDK is an extra and costs a second.
        from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions
        from rag_server.prompts.rendering import Templates

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


def default_generator(settings: Settings) -> GeneratorSpec:
    """That of a call which names none."""
    return OpenAiSpec() if settings.generation.default == "openai" else ExtractiveSpec()
