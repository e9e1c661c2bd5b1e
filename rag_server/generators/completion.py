"""A language model for worker threads: the way from a thread to the event loop and back."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Any, NoReturn

from rag_server.core.call import Call
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, Reason, Unavailable
from rag_server.core.protocols import StructuredGenerator
from rag_server.resilience.dependency import Dependency
from rag_server.resilience.failure import Failure

_STAGE = "model"
Render = Callable[[str, Mapping[str, object]], str]


class LoopCompletion:
    """Asks a generator that lives on the event loop. Implements `Completion`.

    Whoever asks waits in a thread; the loop does not wait for threads here, so none can keep
    the other.
    """

    def __init__(
        self,
        generator: StructuredGenerator,
        render: Render,
        loop: asyncio.AbstractEventLoop,
        dependency: Dependency,
        timeout: float,
    ) -> None:
        """`timeout`: most seconds of one completion."""
        self._generator = generator
        self._render = render
        self._loop = loop
        self._dependency = dependency
        self._timeout = timeout

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> Any:
        """Parsed JSON that validates against `schema`."""
        prompt = self._render(template, variables)
        with call.stage(_STAGE, template):
            return self._dependency.call(
                lambda seconds: self._asked(prompt, schema, call, seconds),
                call.deadline,
                self._timeout,
            )

    def _asked(self, prompt: str, schema: Mapping[str, Any], call: Call, seconds: float) -> Any:
        part = call.within(seconds)
        asked = asyncio.run_coroutine_threadsafe(
            self._generator.complete(prompt, schema, part), self._loop
        )
        call.deadline.on_cancel(asked.cancel)
        try:
            return asked.result(seconds)
        except (TimeoutError, CancelledError, DeadlineExceeded) as error:
            # Unless it is the call itself whose time is up.
            call.deadline.check(_STAGE)
            raise Failure("does not answer in time", timed_out=True) from error
        except Unavailable as error:
            # A model that cannot keep to a schema is of no more use than one that is away.
            raise Failure("gives no usable answer") from error
        finally:
            asked.cancel()
            call.usage.prompt_tokens += part.usage.prompt_tokens
            call.usage.completion_tokens += part.usage.completion_tokens


class NoModel:
    """Stands for a model where none is configured. Implements `Completion`."""

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> NoReturn:
        """Raises PreconditionFailed."""
        del template, variables, schema, call
        raise PreconditionFailed(
            "this server has no language model configured", Reason.GENERATOR_NOT_CONFIGURED
        )
