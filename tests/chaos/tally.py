"""What a chaos run has seen."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

_NOTES = 10


@dataclass(slots=True)
class Tally:
    """Counts of all rounds; thread-safe. `notes` says what the first faults looked like."""

    rounds: int = 0
    lost: int = 0
    half_visible: int = 0
    acknowledged: int = 0
    observations: int = 0
    verify_failures: int = 0
    points: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def observe(self, whole: bool, what: str) -> None:
        """Something visible was looked at: is it whole?"""
        with self._lock:
            self.observations += 1
            if not whole:
                self.half_visible += 1
                self._note(f"half visible: {what}")

    def require(self, kept: bool, what: str) -> None:
        """Something acknowledged was looked for: is it there?"""
        with self._lock:
            if not kept:
                self.lost += 1
                self._note(f"lost: {what}")

    def verified(self, clean: bool, what: str) -> None:
        """What a kill has left was verified: is it sound?"""
        with self._lock:
            if not clean:
                self.verify_failures += 1
                self._note(f"verify: {what}")

    def count_acknowledged(self, documents: int) -> None:
        """So many documents were written or deleted, and the client knows it."""
        with self._lock:
            self.acknowledged += documents

    def count_job(self, state: str) -> None:
        """A reindexing came to its end in that state."""
        with self._lock:
            self.jobs[state] += 1

    def _note(self, note: str) -> None:
        if len(self.notes) < _NOTES:
            self.notes.append(note)
