"""How calls fared while something was away."""

from dataclasses import dataclass, field
from statistics import median
from threading import Lock

from rag_client import DeadlineExceeded, RagError, ResourceExhausted, Unavailable

# What a caller may be told: come back later.
_TYPED = (Unavailable, DeadlineExceeded, ResourceExhausted)
_NOTES = 10


@dataclass(slots=True)
class Refusals:
    """Seconds until each call was answered or refused; thread-safe. `untyped` refusals tell the
    caller nothing that it could act on."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    untyped: int = 0
    notes: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, seconds: float) -> None:
        """A call was answered."""
        with self._lock:
            self.answered.append(seconds)

    def refuse(self, error: RagError, seconds: float) -> None:
        """A call was refused."""
        with self._lock:
            self.refused.append(seconds)
            if not isinstance(error, _TYPED):
                self.untyped += 1
                self.notes = [*self.notes, f"{type(error).__name__}: {error}"][:_NOTES]

    @property
    def slowest(self) -> float:
        """Of all calls, in seconds."""
        return max((*self.answered, *self.refused), default=0.0)

    @property
    def usual(self) -> float:
        """Median of the refused, in seconds; 0 where none was."""
        return median(self.refused) if self.refused else 0.0
