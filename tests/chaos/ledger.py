"""What the server was asked to do and what it has acknowledged, by document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# State of a document that is not there; any other state is its version.
ABSENT = 0


@dataclass(slots=True)
class Ledger:
    """Each document has one writer at a time, so its states follow one another."""

    ids: tuple[str, ...]
    acknowledged: dict[str, int] = field(default_factory=dict)
    _asked: dict[str, int] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)

    def next_version(self, name: str) -> int:
        """A version that was never asked for."""
        self._newest[name] = self._newest.get(name, ABSENT) + 1
        return self._newest[name]

    def ask(self, states: Mapping[str, int]) -> None:
        """A write is about to be sent; until it is acknowledged it may or may not happen."""
        self._asked.update(states)

    def acknowledge(self, ids: Iterable[str]) -> None:
        """The write of these documents was acknowledged."""
        for name in ids:
            self.acknowledged[name] = self._asked.pop(name)

    def accepts(self, name: str, state: int) -> bool:
        """Whether a document may be in that state: as acknowledged, or as asked since."""
        known = self.acknowledged.get(name, ABSENT)
        return state in (known, self._asked.get(name, known))

    def settle(self, name: str, state: int) -> None:
        """After a restart the document is in that state, and nothing is under way."""
        self.acknowledged[name] = state
        self._asked.pop(name, None)
