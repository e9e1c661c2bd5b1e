"""What the core tells an observer. `observability` implements it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rag_server.core.health import BreakerState


class Telemetry(Protocol):
    """Hooks for metrics, spans and fault injection; must be cheap and must not raise."""

    def stage(self, name: str, component: str) -> AbstractContextManager[None]:
        """Surround one stage of a call; names are few and fixed."""
        ...

    def degraded(self, kind: str) -> None:
        """Something was skipped or served differently than asked."""
        ...

    def cached(self, kind: str, hit: bool) -> None:
        """A cache was asked: `kind` is e.g. "query_embedding"."""
        ...

    def found(self, top_score: float) -> None:
        """A retrieval's best score."""
        ...

    def generated(
        self, generator: str, ok: bool, prompt_tokens: int, completion_tokens: int
    ) -> None:
        """A language model was asked; tokens are as it reported."""
        ...

    def stored(self, documents: int) -> None:
        """Documents of all collections, as last counted."""
        ...

    def lag(self, index: str, revisions: int) -> None:
        """The largest number of revisions by which an index is behind the catalog."""
        ...

    def loaded(self, index: str, part: str, seconds: float) -> None:
        """A part of an index was read into memory."""
        ...

    def resident(self, chunks: int, columns: int, vectors: int) -> None:
        """What is in memory of all collections: chunks, bytes of columns and of vectors."""
        ...

    def worked(self, kind: str, state: str) -> None:
        """A job of that kind was begun (RUNNING), given back (QUEUED), or has ended."""
        ...

    def backed_up(self, size: int) -> None:
        """A backup of the whole server was published; its size in bytes."""
        ...

    def failed(self, part: str, error: BaseException) -> None:
        """A background part failed and will try again; log it."""
        ...

    def retried(self, dependency: str) -> None:
        """A call of a service outside of the process is made once more."""
        ...

    def breaker(self, dependency: str, state: BreakerState) -> None:
        """The circuit breaker of a service outside of the process has a new state."""
        ...

    def reached(self, point: str) -> None:
        """The write path reached a named point; crash tests kill the process here."""
        ...


class Silent:
    """Telemetry that does nothing."""

    def stage(self, name: str, component: str) -> AbstractContextManager[None]:
        """Measure nothing."""
        return nullcontext()

    def degraded(self, kind: str) -> None:
        """Note nothing."""

    def cached(self, kind: str, hit: bool) -> None:
        """Note nothing."""

    def found(self, top_score: float) -> None:
        """Note nothing."""

    def generated(
        self, generator: str, ok: bool, prompt_tokens: int, completion_tokens: int
    ) -> None:
        """Note nothing."""

    def stored(self, documents: int) -> None:
        """Note nothing."""

    def lag(self, index: str, revisions: int) -> None:
        """Note nothing."""

    def loaded(self, index: str, part: str, seconds: float) -> None:
        """Note nothing."""

    def resident(self, chunks: int, columns: int, vectors: int) -> None:
        """Note nothing."""

    def worked(self, kind: str, state: str) -> None:
        """Note nothing."""

    def backed_up(self, size: int) -> None:
        """Note nothing."""

    def failed(self, part: str, error: BaseException) -> None:
        """Note nothing."""

    def retried(self, dependency: str) -> None:
        """Note nothing."""

    def breaker(self, dependency: str, state: BreakerState) -> None:
        """Note nothing."""

    def reached(self, point: str) -> None:
        """Go on."""


SILENT = Silent()
