"""How long a watch of a job lasts, and when one that broke off is tried again."""

from dataclasses import dataclass, field
from time import monotonic

from rag_client.errors import DeadlineExceeded, RagError, Unavailable

# Deadline in seconds of one stream of a watch that is to last as long as its job does.
STREAM_SECONDS = 300.0
# Pause in seconds before a server that is away is asked again, and for how long it may be.
PAUSE = 0.5
_PATIENCE = 60.0


@dataclass(slots=True)
class Patience:
    """Decides whether a watch that broke off goes on."""

    timeout: float | None
    _heard_at: float = field(default_factory=monotonic)

    @property
    def stream_seconds(self) -> float:
        """Deadline of the next stream."""
        return STREAM_SECONDS if self.timeout is None else self.timeout

    def heard(self) -> None:
        """A message came."""
        self._heard_at = monotonic()

    def bear(self, error: RagError) -> float:
        """Seconds to wait before the next stream; raises an error that ends the watch."""
        if self.timeout is None:
            if isinstance(error, DeadlineExceeded):
                return 0.0
            if isinstance(error, Unavailable) and monotonic() < self._heard_at + _PATIENCE:
                return PAUSE
        raise error
