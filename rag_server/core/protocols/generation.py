"""What writes texts, and proves them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rag_server.core.call import Call
from rag_server.core.protocols.retrieval import Question
from rag_server.core.retrieval import AbstainReason, Degradation, Delta, GeneratorSpec, Hit
from rag_server.core.values import Span


class Generator(Protocol):
    """Writes an answer. Asynchronous; runs on the event loop and must not block it."""

    @property
    def name(self) -> str:
        """Name with model, e.g. "extractive"."""
        ...

    def generate(
        self, question: Question, hits: Sequence[Hit], spec: GeneratorSpec, call: Call
    ) -> AsyncGenerator[Delta | Degradation | AbstainReason, None]:
        """Deltas in order; an AbstainReason ends it and voids them. Reports tokens into
        `call.usage`. Raises Unavailable, DeadlineExceeded."""
        ...


@runtime_checkable
class StructuredGenerator(Protocol):
    """Optional ability of a generator: answers as JSON under a schema."""

    async def complete(self, prompt: str, schema: Mapping[str, Any], call: Call) -> Any:
        """Parsed JSON that validates against `schema`. Raises Unavailable when the
        model is away or its output does not validate."""
        ...


class Completion(Protocol):
    """A language model for those who work in threads, such as retrievers."""

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> Any:
        """Parsed JSON that validates against `schema`, for the prompt `template` with its
        variables. Blocks the thread, never one of the event loop: at most half of what the call
        has left, and no longer than the server's own limit. Adds the tokens to `call.usage`.

        Raises Unavailable when the model is away, known to fail, too slow, or does not keep to
        the schema; PreconditionFailed when there is none or it refuses the server;
        DeadlineExceeded when the call's own time is up or its caller has gone away."""
        ...


@dataclass(frozen=True, slots=True)
class Support:
    """Where a statement is supported: hit, byte span within the hit's text, 0 < score <= 1."""

    hit_index: int
    span: Span
    score: float


class Citer(Protocol):
    """Finds the source of a statement."""

    def cite(self, statement: str, hits: Sequence[Hit]) -> Support | None:
        """The best support among the hits; None where none is sufficient."""
        ...

    def statements(self, text: str) -> tuple[Span, ...]:
        """Byte spans of the statements of an answer, ascending; the last may be unfinished."""
        ...
