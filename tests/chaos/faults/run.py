"""One fault after the other, with writers and readers on both servers."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from time import monotonic, sleep

from rag_client import RagClient, RagError, RetryPolicy
from tests.chaos.faults.clients import Reader, Writer
from tests.chaos.faults.refusals import Refusals
from tests.chaos.fleet import Fleet
from tests.chaos.inspection import COLLECTION, Inspector
from tests.chaos.ledger import Ledger
from tests.chaos.story import document
from tests.chaos.tally import Tally

_ONCE = RetryPolicy(max_attempts=1)
# Deadline of each call, and how long a fault lasts, in seconds.
_DEADLINE = 10.0
_FAULT = 5.0
_RECOVERY_PATIENCE = 60.0
_DOCUMENTS_EACH = 6
# Written to see whether writing works.
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a dependency, and its end."""

    begin: Callable[[], None]
    end: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the calls fared, and the seconds from the end of the fault until both servers wrote
    and searched again with nothing left out."""

    refusals: Refusals
    recovery: float


def faults(fleet: Fleet) -> Mapping[str, Fault]:
    """By name: what may happen to the index and to the catalog."""
    index, catalog = fleet.index, fleet.catalog
    return {
        "index stopped": Fault(index.stop, index.start),
        "index paused": Fault(index.pause, index.resume),
        "index killed": Fault(index.kill, index.start),
        "catalog stopped": Fault(catalog.stop, catalog.start),
        "catalog paused": Fault(catalog.pause, catalog.resume),
        "catalog killed": Fault(catalog.kill, catalog.start),
    }


class FaultRun:
    """A fleet with its load; everything drawn follows from `seed`."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.tally = Tally()
        self._addresses = fleet.addresses
        self._drawn = random.Random(seed)
        ids = [f"story-{number}" for number in range(len(fleet.servers) * _DOCUMENTS_EACH)]
        self._ledger = Ledger(tuple(ids))
        self._own = [ids[start :: len(fleet.servers)] for start in range(len(fleet.servers))]
        with RagClient(self._addresses[0]) as rag:
            rag.collections.create(COLLECTION, exist_ok=True)

    def suffer(self, fault: Fault) -> Outcome:
        """Load, the fault in the midst of it, recovery; then everything is examined."""
        refusals, done = Refusals(), Event()
        with ExitStack() as stack:
            clients = [stack.enter_context(_client(address)) for address in self._addresses]
            pool = stack.enter_context(ThreadPoolExecutor(2 * len(clients)))
            lives = [
                pool.submit(each.live, done, refusals)
                for rag, own in zip(clients, self._own, strict=True)
                for each in (
                    Writer(rag, own, self._ledger, random.Random(self._drawn.random())),
                    Reader(rag, own, random.Random(self._drawn.random())),
                )
            ]
            stack.callback(done.set)
            sleep(1.0)
            fault.begin()
            sleep(_FAULT)
            fault.end()
            recovery = _seconds_until(lambda: all(map(_is_well, clients)))
            sleep(1.0)
            done.set()
            for life in lives:
                life.result()
            for rag in clients:
                Inspector(rag, self._ledger, self.tally).examine()
        return Outcome(refusals, recovery)


def _client(address: str) -> RagClient:
    return RagClient(address, retry=_ONCE, timeout=_DEADLINE, upsert_timeout=_DEADLINE)


def _is_well(rag: RagClient) -> bool:
    """Whether the server writes and searches with nothing left out."""
    try:
        rag.documents.upsert(COLLECTION, [document(_PROBE, 1)]).raise_for_failures()
        rag.documents.delete(COLLECTION, [_PROBE])
        return not rag.retrieve(COLLECTION, _PROBE).degradations
    except RagError:
        return False


def _seconds_until(well: Callable[[], bool]) -> float:
    began = monotonic()
    while not well():
        if monotonic() - began > _RECOVERY_PATIENCE:
            raise RuntimeError(f"not well again after {_RECOVERY_PATIENCE:.0f} s")
        sleep(0.05)
    return monotonic() - began
