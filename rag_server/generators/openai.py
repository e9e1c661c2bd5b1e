"""Answers from an OpenAI-compatible chat model, streamed."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
from jsonschema import Draft202012Validator
from openai import AsyncOpenAI

from rag_server.core.call import Call
from rag_server.core.errors import (
    DeadlineExceeded,
    PreconditionFailed,
    RagError,
    Reason,
    Unavailable,
)
from rag_server.core.protocols import Question
from rag_server.core.retrieval import (
    AbstainReason,
    Degradation,
    DegradationKind,
    Delta,
    GeneratorSpec,
    Hit,
    OpenAiSpec,
)
from rag_server.generators.withholding import Withholding

Render = Callable[[str, Mapping[str, object]], str]
DECLINE = "NO_ANSWER"
# The embedder's tokens are shorter than a chat model's; room for the instructions on top.
_TOKENS_PER_TOKEN = 1.2
_INSTRUCTIONS = 256


@dataclass(frozen=True, slots=True)
class OpenAiOptions:
    """How the model is reached. `api_key` empty: the server wants none."""

    base_url: str | None
    api_key: str
    model: str
    temperature: float
    max_output_tokens: int
    context_tokens: int
    timeout: float

    def __repr__(self) -> str:
        return f"OpenAiOptions(model={self.model!r})"


class OpenAiGenerator:
    """Asks a chat model through the official SDK. Also a `StructuredGenerator`."""

    def __init__(self, options: OpenAiOptions, render: Render) -> None:
        self._options = options
        self._render = render
        self._client = AsyncOpenAI(
            base_url=options.base_url, api_key=options.api_key or "none", max_retries=1
        )

    @property
    def name(self) -> str:
        """The model with the prefix "openai:"."""
        return f"openai:{self._options.model}"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def generate(
        self, question: Question, hits: Sequence[Hit], spec: GeneratorSpec, call: Call
    ) -> AsyncGenerator[Delta | Degradation | AbstainReason, None]:
        """Deltas as the model sends them; the sign that it declines is held back."""
        assert isinstance(spec, OpenAiSpec)
        limit = spec.max_output_tokens or self._options.max_output_tokens
        passages = self._fitting(hits, limit)
        if len(passages) < len(hits):
            yield _degraded(
                call, DegradationKind.CONTEXT_TRUNCATED, f"{len(passages)} of {len(hits)} passages"
            )
        prompt = self._prompt(question.text, passages)
        withholding = Withholding(DECLINE)
        async for text, finish in self._stream(prompt, limit, spec.temperature, call):
            if released := withholding.add(text):
                yield Delta(released)
            if finish == "length":
                yield _degraded(call, DegradationKind.ANSWER_TRUNCATED, "at its token limit")
        if withholding.declined:
            yield AbstainReason.MODEL_DECLINED
        elif rest := withholding.rest():
            yield Delta(rest)

    async def complete(self, prompt: str, schema: Mapping[str, Any], call: Call) -> Any:
        """Parsed JSON that validates against `schema`."""
        with self._asking(call):
            answer = await self._client.chat.completions.create(
                model=self._options.model,
                messages=[{"role": "user", "content": prompt}],
                temperature=0.0,
                max_tokens=self._options.max_output_tokens,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": dict(schema), "strict": True},
                },
                timeout=self._timeout(call),
            )
            self._count(answer.usage, call)
        return _validated(answer.choices[0].message.content or "", schema)

    def _prompt(self, question: str, hits: Sequence[Hit]) -> str:
        passages = [{"title": hit.chunk.title, "text": hit.chunk.text} for hit in hits]
        return self._render(
            "answer", {"passages": passages, "question": question, "decline": DECLINE}
        )

    def _fitting(self, hits: Sequence[Hit], output_tokens: int) -> Sequence[Hit]:
        """The best hits that leave room for the answer; at least one."""
        room = self._options.context_tokens - output_tokens - _INSTRUCTIONS
        kept = 0
        for hit in hits:
            room -= int(hit.chunk.tokens * _TOKENS_PER_TOKEN)
            if room < 0 and kept:
                break
            kept += 1
        return hits[:kept]

    async def _stream(
        self, prompt: str, max_tokens: int, temperature: float | None, call: Call
    ) -> AsyncIterator[tuple[str, str | None]]:
        """(text, finish reason) per chunk; counts the usage that comes last."""
        heat = self._options.temperature if temperature is None else temperature
        with self._asking(call):
            stream = await self._client.chat.completions.create(
                model=self._options.model,
                messages=[{"role": "user", "content": prompt}],
                temperature=heat,
                max_tokens=max_tokens,
                stream=True,
                stream_options={"include_usage": True},
                timeout=self._timeout(call),
            )
            async with stream:
                async for chunk in stream:
                    self._count(chunk.usage, call)
                    for choice in chunk.choices:
                        yield choice.delta.content or "", choice.finish_reason

    @contextmanager
    def _asking(self, call: Call) -> Iterator[None]:
        """Translates the SDK's errors, and reports what the request came to."""
        before = call.usage.prompt_tokens, call.usage.completion_tokens
        ok = False
        try:
            with _translated(call):
                yield
            ok = True
        finally:
            prompt = call.usage.prompt_tokens - before[0]
            completion = call.usage.completion_tokens - before[1]
            call.telemetry.generated(self.name, ok, prompt, completion)

    def _timeout(self, call: Call) -> float:
        call.deadline.check("generate")
        return min(self._options.timeout, call.deadline.remaining())

    def _count(self, usage: Any, call: Call) -> None:
        if usage is not None:
            call.usage.prompt_tokens += usage.prompt_tokens
            call.usage.completion_tokens += usage.completion_tokens


@contextmanager
def _translated(call: Call) -> Iterator[None]:
    """The SDK's errors as the core's; the provider's texts stay inside."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise _late(call) from error
    except (
        openai.AuthenticationError,
        openai.PermissionDeniedError,
        openai.NotFoundError,
    ) as error:
        raise PreconditionFailed(
            "the language model refused the server's credentials or does not exist",
            Reason.GENERATOR_NOT_CONFIGURED,
        ) from error
    except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
        raise PreconditionFailed(
            "the language model refused the request: check openai.model and openai.context_tokens",
            Reason.GENERATOR_NOT_CONFIGURED,
        ) from error
    except (openai.OpenAIError, httpx2.HTTPError, json.JSONDecodeError) as error:
        raise _away() from error


def _late(call: Call) -> RagError:
    if call.deadline.remaining() > 0.0:
        return _away()
    return DeadlineExceeded(
        "the deadline ran out while the language model was writing",
        Reason.DEADLINE_EXCEEDED,
        {"stage": "generate"},
    )


def _away() -> Unavailable:
    return Unavailable("the language model does not answer", Reason.GENERATOR_UNAVAILABLE)


def _validated(text: str, schema: Mapping[str, Any]) -> Any:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if parsed is None or not Draft202012Validator(schema).is_valid(parsed):
        raise Unavailable(
            "the language model's answer does not keep to its schema",
            Reason.GENERATOR_UNAVAILABLE,
        )
    return parsed


def _degraded(call: Call, kind: DegradationKind, detail: str) -> Degradation:
    call.degrade(kind, "generate", detail)
    return call.degradations[-1]
