"""What clients wrote and read, in the order in which one observer could know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

# State of a document that is not there; any other state is its version.
ABSENT = 0

State = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged commit: the state of each document that it wrote, from `revision` on."""

    revision: int
    states: State
    token: str = ""


# Before the first write.
NOTHING = Write(0, {})


@dataclass(frozen=True, slots=True)
class Read:
    """One response: the revision that it says it is of, the version of every chunk in it by
    document, and the newest revision that was acknowledged before it was asked for.
    `complete`: the response holds every visible document."""

    server: int
    revision: int
    seen: Mapping[str, frozenset[int]]
    acknowledged: int
    complete: bool


@dataclass(slots=True)
class History:
    """All writes and reads of a run; thread-safe."""

    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    _newest: Write = NOTHING
    _lock: Lock = field(default_factory=Lock)

    def newest(self) -> Write:
        """The newest write that any writer knows of."""
        with self._lock:
            return self._newest

    def wrote(self, write: Write) -> None:
        """A write was acknowledged; one that changed nothing names the revision that it saw."""
        with self._lock:
            if write.states:
                self.writes.append(write)
            self._newest = max(self._newest, write, key=lambda each: each.revision)

    def read(self, read: Read) -> None:
        """A response arrived."""
        with self._lock:
            self.reads.append(read)
