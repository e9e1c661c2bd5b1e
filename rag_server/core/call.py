"""One call on its way through the core: who, until when, and what happened so far."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from rag_server.core.errors import DeadlineExceeded, Reason
from rag_server.core.principal import Principal
from rag_server.core.retrieval import Degradation, DegradationKind, FunnelStep, Timing, Usage
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.core.understanding import Understanding


class Deadline:
    """A point in monotonic time. `cancel` moves it to now, so that work that
    nobody waits for stops at its next check."""

    __slots__ = ("_cancelled", "_expires")

    def __init__(self, seconds: float) -> None:
        self._expires = time.monotonic() + seconds
        self._cancelled: tuple[Callable[[], object], ...] = ()

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._expires - time.monotonic())

    def check(self, stage: str) -> None:
        """Raise DeadlineExceeded if the time is up before `stage`."""
        if self.remaining() <= 0.0:
            raise DeadlineExceeded(
                f"the deadline ran out before the stage {stage}",
                Reason.DEADLINE_EXCEEDED,
                {"stage": stage},
            )

    def cancel(self) -> None:
        """Let the next check fail."""
        self._expires = 0.0
        for act in self._cancelled:
            act()

    def on_cancel(self, act: Callable[[], object]) -> None:
        """Have `act` called on `cancel`, in its thread; at once if it was cancelled before. It
        may be called twice."""
        self._cancelled = (*self._cancelled, act)
        # The other thread may not have seen it.
        if self._expires == 0.0:
            act()

    def leaving(self, seconds: float) -> "Deadline":
        """One that ends `seconds` before this one, whenever this one does."""
        return _Earlier(self, seconds)


class _Earlier(Deadline):
    """Ends some time before another."""

    __slots__ = ("_reserve", "_whole")

    def __init__(self, whole: Deadline, reserve: float) -> None:
        self._whole = whole
        self._reserve = reserve

    def remaining(self) -> float:
        return max(0.0, self._whole.remaining() - self._reserve)

    def cancel(self) -> None:
        self._whole.cancel()

    def on_cancel(self, act: Callable[[], object]) -> None:
        self._whole.on_cancel(act)


@dataclass(slots=True)
class Call:
    """One call. Not thread-safe: a call is worked on by one thread at a time."""

    principal: Principal
    deadline: Deadline
    request_id: str = ""
    telemetry: Telemetry = SILENT
    usage: Usage = field(default_factory=Usage)
    degradations: list[Degradation] = field(default_factory=list)
    funnel: list[FunnelStep] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    _seconds: dict[str, float] = field(default_factory=dict)
    # How the question was understood, where a strategy did so.
    understanding: Understanding | None = None
    # Seconds of the stages within the one that is going on.
    inner: float = 0.0

    def stage(self, name: str, component: str = "") -> "Stage":
        """Time a stage and check the deadline before it; `component` names who does it.
        A stage within a stage counts for itself only."""
        return Stage(self, name, component)

    def spent(self, name: str, seconds: float) -> None:
        """Add to the time of a stage that was measured elsewhere."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def absorb(self, part: "Call") -> None:
        """Add the times of a forked call that worked on a part of this one."""
        for name, seconds in part._seconds.items():
            self.spent(name, seconds)

    def degrade(self, kind: DegradationKind, stage: str, detail: str) -> None:
        """Note that something was skipped or served differently than asked."""
        self.degradations.append(Degradation(kind, stage, detail))
        self.telemetry.degraded(kind)

    def narrow(self, step: str, count: int, detail: str = "") -> None:
        """Note how many candidates are left after a step."""
        self.funnel.append(FunnelStep(step, count, detail))

    def served(self, path: str) -> None:
        """Note by which path chunks were found."""
        self.paths.append(path)

    def timings(self) -> tuple[Timing, ...]:
        """Time by stage, in order of first appearance."""
        return tuple(Timing(name, 1000.0 * spent) for name, spent in self._seconds.items())

    def within(self, seconds: float) -> "Call":
        """A call of its own for a part that may take `seconds`, whatever is left of this one."""
        return Call(self.principal, Deadline(seconds), self.request_id, self.telemetry)

    @contextmanager
    def leaving(self, seconds: float) -> Iterator[None]:
        """While a part is done that must leave `seconds` of the time to what comes after."""
        whole = self.deadline
        self.deadline = whole.leaving(seconds)
        try:
            yield
        finally:
            self.deadline = whole

    def fork(self) -> "Call":
        """A call of its own for a part done in parallel: same caller, deadline and request."""
        return Call(self.principal, self.deadline, self.request_id, self.telemetry)


class Stage:
    """One stage of a call while it lasts; a class, since a generator costs twice as much."""

    __slots__ = ("_call", "_name", "_observed", "_outer", "_started")

    def __init__(self, call: Call, name: str, component: str) -> None:
        self._call = call
        self._name = name
        self._observed = call.telemetry.stage(name, component)

    def __enter__(self) -> None:
        call = self._call
        call.deadline.check(self._name)
        self._outer, call.inner = call.inner, 0.0
        self._started = time.perf_counter()
        self._observed.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._observed.__exit__(kind, error, traceback)
        call, elapsed = self._call, time.perf_counter() - self._started
        call.spent(self._name, elapsed - call.inner)
        call.inner = self._outer + elapsed
