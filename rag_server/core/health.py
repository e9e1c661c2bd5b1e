"""Whether the parts that serving depends on work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Thread

from rag_server.core.errors import RagError


class BreakerState(StrEnum):
    """State of a circuit breaker; names of `ragrpc.v1.ComponentStatus.Breaker`."""

    CLOSED = "CLOSED"
    HALF_OPEN = "HALF_OPEN"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Component:
    """State of one part; `detail` is one phrase for a person, never driver text.
    `required`: without it the server is not ready. `breaker` None: it has none."""

    ready: bool
    detail: str = ""
    required: bool = True
    breaker: BreakerState | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """How a part is asked; `ping` raises a RagError when it does not work. `breaker` tells
    the state of its circuit breaker, if it has one."""

    ping: Callable[[], None]
    required: bool = True
    breaker: Callable[[], BreakerState | None] = lambda: None


class Watch:
    """Asks every part every `interval` seconds in a thread of its own, so that neither a
    slow part nor a busy pool delays the others' answers or the event loop."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        interval: float,
        changed: Callable[[], None],
    ) -> None:
        self._probes = probes
        self._interval = interval
        self._changed = changed
        self._components: Mapping[str, Component] = {}
        self._draining = False
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="ragrpc-health", daemon=True)

    def start(self) -> None:
        """Ask once now, then go on in the background."""
        self._ask()
        self._thread.start()

    def stop(self) -> None:
        """End; a probe in hand is waited for."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def components(self) -> Mapping[str, Component]:
        """The last answers by name; while draining, one more that says so."""
        if self._draining:
            return {**self._components, "server": Component(False, "is draining")}
        return self._components

    def drain(self) -> None:
        """From now on the server is not ready."""
        self._draining = True

    def ready(self) -> bool:
        """Whether every required part works."""
        return all(each.ready or not each.required for each in self.components().values())

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            self._ask()

    def _ask(self) -> None:
        components = {name: _answer(probe) for name, probe in self._probes.items()}
        if components != self._components:
            self._components = components
            self._changed()


def _answer(probe: Probe) -> Component:
    detail = _complaint(probe)
    return Component(detail is None, detail or "", probe.required, probe.breaker())


def _complaint(probe: Probe) -> str | None:
    try:
        probe.ping()
    except RagError as error:
        return error.message
    except Exception:
        return "does not answer"
    return None
