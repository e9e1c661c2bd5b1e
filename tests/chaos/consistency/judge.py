"""The verdict over a history, by replaying its writes.

Every acknowledged write names its revision, so the state at each revision is known exactly.
A read must show the state of the revision that it names, and that revision must not be older
than what was acknowledged anywhere before the read was asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.consistency.history import ABSENT, History, Read, State, Write


@dataclass(frozen=True, slots=True)
class Verdict:
    """`checked`: reads, while `commits` were acknowledged. `stale`: reads of a revision that
    was too old. `mixed`: reads that are not of one revision. `notes` says what the first of
    them looked like."""

    checked: int
    commits: int
    stale: int
    mixed: int
    notes: tuple[str, ...]


_NOTES = 10


def judge(history: History) -> Verdict:
    """Raises ValueError when the writes leave a revision unexplained: the run is void."""
    reads = sorted(history.reads, key=lambda read: read.revision)
    stale = [_stale(read) for read in reads if read.revision < read.acknowledged]
    states = _states(sorted(history.writes, key=lambda write: write.revision), reads)
    mixed = [
        note for read, state in zip(reads, states, strict=True) if (note := _mixed(read, state))
    ]
    return Verdict(
        len(reads), len(history.writes), len(stale), len(mixed), (*stale, *mixed)[:_NOTES]
    )


def _states(writes: Sequence[Write], reads: Sequence[Read]) -> Iterator[State]:
    """The state at each read's revision; both ascending by revision."""
    state: dict[str, int] = {}
    applied = 0
    waiting = iter(writes)
    for read in reads:
        while applied < read.revision:
            write = next(waiting, None)
            if write is None or write.revision != applied + 1:
                raise ValueError(f"nobody knows of revision {applied + 1}")
            state.update(write.states)
            applied = write.revision
        yield {name: version for name, version in state.items() if version != ABSENT}


def _stale(read: Read) -> str:
    return f"stale: revision {read.revision} read after {read.acknowledged} (server {read.server})"


def _mixed(read: Read, state: State) -> str:
    """What is wrong with a read, empty if nothing."""
    for name, versions in read.seen.items():
        if versions != {state.get(name, ABSENT)}:
            return (
                f"mixed: {name} in versions {sorted(versions)}, at revision {read.revision} "
                f"it is {state.get(name, ABSENT)} (server {read.server})"
            )
    missing = sorted(state.keys() - read.seen.keys()) if read.complete else []
    return f"mixed: {missing} not in revision {read.revision}" if missing else ""
