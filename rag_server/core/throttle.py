"""How much of the machine long work may take."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep

# Longest sleep between two checks, in seconds.
_GLANCE = 0.1


@dataclass(frozen=True, slots=True)
class Throttle:
    """`share` of the time that is worked, above 0 to 1; `per_second` documents at most, None:
    as many as there are."""

    share: float = 1.0
    per_second: float | None = None

    def pause(self, worked: float) -> float:
        """Seconds to rest after a document that took `worked` seconds."""
        rest = worked * (1.0 / self.share - 1.0)
        return rest if self.per_second is None else max(rest, 1.0 / self.per_second - worked)

    def rest(self, worked: float, check: Callable[[], None]) -> None:
        """Rest so long; `check` may end it by raising."""
        until = monotonic() + self.pause(worked)
        check()
        while (left := until - monotonic()) > 0.0:
            sleep(min(left, _GLANCE))
            check()
