"""Who of several servers does what only one of them should do at a time."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

# Part of a lease after which it is renewed.
_RENEWAL = 1 / 3


class Leases(Protocol):
    """Leases by name, in the catalog that the servers share."""

    def take(self, name: str, owner: str, seconds: float) -> bool:
        """Take the lease, or renew it, for `seconds` from now by the catalog's clock; False
        while another owner holds it."""
        ...

    def release(self, name: str, owner: str) -> None:
        """End the lease if `owner` holds it."""
        ...


class Leadership:
    """A lease that one thread keeps renewing by asking whether it is held.

    A lease is no fence: a holder that was stopped in the middle of its work may finish it
    after another has taken over. What is done under it must bear being done twice.
    """

    def __init__(
        self,
        leases: Leases,
        name: str,
        owner: str,
        *,
        seconds: float = 15.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._leases = leases
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._clock = clock
        self._asked_at = -float("inf")
        self._taken = False

    def held(self) -> bool:
        """Whether this server leads; asks the catalog when a third of the lease has passed.
        Raises Unavailable when the catalog is away and what was held has run out."""
        # Counted from before the question: the lease began after that.
        now = self._clock()
        if now < self._asked_at + self._seconds * _RENEWAL and self._taken:
            return True
        try:
            self._taken = self._leases.take(self._name, self._owner, self._seconds)
        except Exception:
            if self._taken and now < self._asked_at + self._seconds:
                return True
            self._taken = False
            raise
        self._asked_at = now
        return self._taken

    def release(self) -> None:
        """Let another lead at once."""
        self._taken = False
        self._leases.release(self._name, self._owner)
