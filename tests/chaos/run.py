"""Rounds of writing, killing, restarting and looking."""

import random
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from subprocess import TimeoutExpired

from rag_client import RagClient, RagError, RetryPolicy
from rag_server.stores.catalog.sqlite import FILE
from tests.chaos.backup import back_up_and_die, restore_and_die
from tests.chaos.death import Death, Work, at_point, at_random
from tests.chaos.housekeeping import Housekeeper
from tests.chaos.inspection import COLLECTION, Inspector
from tests.chaos.ledger import Ledger
from tests.chaos.leftovers import let_an_hour_pass, look_for_forgotten
from tests.chaos.migration import migrate_and_die
from tests.chaos.points import ALL_POINTS, KILLED
from tests.chaos.reindexing import Reindexer
from tests.chaos.tally import Tally
from tests.chaos.verification import verify
from tests.chaos.writers import Watcher, Writer, gone
from tests.serving import ServerProcess, serving

_WRITERS = 4
_DOCUMENTS_EACH = 6
# After the first pass, so many rounds try again what was not reached; others are random.
_AGAIN = 0.5
_ONCE = RetryPolicy(max_attempts=1)


# Whether death came by itself to a command over the data of a stopped server.
_COMMANDS: Mapping[Work, Callable[[Path, Death, random.Random, Tally], bool]] = {
    Work.MIGRATE: migrate_and_die,
    Work.BACKUP: back_up_and_die,
    Work.RESTORE: restore_and_die,
}

# What goes on while a server lives: returns when it was killed.
Life = Callable[[ServerProcess, RagClient, random.Random], None]


class ChaosRun:
    """One data directory that lives through many crashes; everything follows from `seed`,
    but for the order in which the machine runs the threads."""

    def __init__(self, data_dir: Path, seed: int, plant: str = "") -> None:
        self.tally = Tally()
        self._data_dir = data_dir
        self._drawn = random.Random(seed)
        self._plant = ("--plant", plant) if plant else ()
        # The others are caught by looking at what is served, without the cost of this.
        self._verifies = plant in ("", "index")
        own = [
            tuple(f"story-{writer}{number}" for number in range(_DOCUMENTS_EACH))
            for writer in range(_WRITERS)
        ]
        self._ledger = Ledger(tuple(name for ids in own for name in ids))
        self._reindexer = Reindexer(self.tally)
        self._lives: list[Life] = [
            *(Writer(ids, self._ledger, self.tally).live for ids in own),
            Watcher(self._ledger, self.tally).live,
            Housekeeper().live,
            self._reindexer.live,
        ]

    def points_then_random(self, rounds: int, progress: Callable[[str], None]) -> None:
        """Each named point once; then random moments, and again what was not reached."""
        waiting = deque(self._drawn.sample(ALL_POINTS, len(ALL_POINTS)))
        for number in range(rounds):
            named = number < len(ALL_POINTS) or self._drawn.random() < _AGAIN
            point = waiting.popleft() if waiting and named else ""
            death = at_point(point, self._drawn) if point else at_random(self._drawn)
            if self.round(death) != point:
                waiting.append(point)
            progress(point or "a random moment")
        self.finish()

    def round(self, death: Death) -> str:
        """Restart, look, write until death, or work on the data until death; then verify.
        The point where it came, empty if elsewhere."""
        by_itself = self._live_and_die(death) if death.work is Work.SERVE else self._work(death)
        self.tally.rounds += 1
        self._verify()
        if not (by_itself and death.point):
            return ""
        self.tally.points[death.point] += 1
        return death.point

    def _work(self, death: Death) -> bool:
        if not (self._data_dir / FILE).exists():
            # The first round: there is nothing to work on yet.
            self.restart()
        return _COMMANDS[death.work](self._data_dir, death, self._drawn, self.tally)

    def _live_and_die(self, death: Death) -> bool:
        """Whether the server brought its end about itself, which it may do at any time."""
        if (self._data_dir / FILE).exists():
            let_an_hour_pass(self._data_dir)
        try:
            with serving(self._data_dir, command=self._command(death)) as server:
                return not self._examine(server) or self._live(server, death)
        except RuntimeError as error:
            if KILLED not in str(error):
                raise
            return True

    def crash_while_writing(self) -> None:
        """A round that ends between a commit and its acknowledgement."""
        self.round(Death(point="commit.durable", visit=self._drawn.randint(10, 20)))

    def restart(self) -> None:
        """Restart and look."""
        with serving(self._data_dir, command=self._command(Death())) as server:
            self._examine(server)

    def finish(self) -> None:
        """Restart, look, let what is under way come to its end, and look again."""
        with serving(self._data_dir, command=self._command(Death())) as server:
            self._examine(server)
            with RagClient(server.address) as rag:
                self._reindexer.settle(rag)
            self._examine(server)
        self._verify()

    def _verify(self) -> None:
        if not self._verifies:
            return
        verify(self._data_dir, self.tally)
        look_for_forgotten(self._data_dir, self.tally)

    def _command(self, death: Death) -> Sequence[str]:
        return (sys.executable, "-m", "tests.chaos.server", *death.arguments, *self._plant)

    def _examine(self, server: ServerProcess) -> bool:
        """Whether the server lived long enough to be examined."""
        with RagClient(server.address, retry=_ONCE) as rag:
            try:
                rag.collections.create(COLLECTION, exist_ok=True)
                Inspector(rag, self._ledger, self.tally).examine()
            except RagError:
                if not gone(server):
                    raise
                return False
        return True

    def _live(self, server: ServerProcess, death: Death) -> bool:
        """Write and watch until the end; whether the server brought it about itself."""
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(len(self._lives)))
            clients = _clients(server, stack)
            lives = [
                pool.submit(live, server, next(clients), random.Random(self._drawn.random()))
                for live in self._lives
            ]
            by_itself = _died_by_itself(server, death)
            for life in lives:
                life.result()
        return by_itself


def _clients(server: ServerProcess, stack: ExitStack) -> Iterator[RagClient]:
    while True:
        yield stack.enter_context(RagClient(server.address, retry=_ONCE))


def _died_by_itself(server: ServerProcess, death: Death) -> bool:
    try:
        code = server.process.wait(death.seconds)
    except TimeoutExpired:
        server.kill()
        return False
    if code != -signal.SIGKILL:
        raise RuntimeError(f"the server ended with {code}:\n" + "\n".join(server.lines))
    return True
