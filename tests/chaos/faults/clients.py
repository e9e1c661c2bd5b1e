"""Clients that go on whatever they are answered."""

import random
from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic

from rag_client import RagClient, RagError
from tests.chaos.faults.refusals import Refusals
from tests.chaos.inspection import COLLECTION
from tests.chaos.ledger import ABSENT, Ledger
from tests.chaos.story import document, text

_DELETES = 0.2
_BATCH = 2
# Between two calls, and before what was refused is asked for again, in seconds.
_PAUSE = 0.05
_AGAIN = 0.2


class Writer:
    """Writes its own documents. What was refused may have happened all the same: it is sent
    again until it is acknowledged."""

    def __init__(
        self, rag: RagClient, ids: Sequence[str], ledger: Ledger, drawn: random.Random
    ) -> None:
        self._rag = rag
        self._ids = ids
        self._ledger = ledger
        self._drawn = drawn

    def live(self, done: Event, refusals: Refusals) -> None:
        """One write after the other."""
        while not done.wait(_PAUSE):
            ids = self._drawn.sample(self._ids, _BATCH)
            deletes = self._drawn.random() < _DELETES
            states = {name: ABSENT if deletes else self._ledger.next_version(name) for name in ids}
            self._ledger.ask(states)
            while not _call(lambda: self._send(states), refusals):  # noqa: B023 - called here
                if done.wait(_AGAIN):
                    return
            self._ledger.acknowledge(ids)

    def _send(self, states: dict[str, int]) -> None:
        if ABSENT in states.values():
            self._rag.documents.delete(COLLECTION, list(states))
        else:
            documents = [document(name, version) for name, version in states.items()]
            self._rag.documents.upsert(COLLECTION, documents).raise_for_failures()


class Reader:
    """Searches."""

    def __init__(self, rag: RagClient, ids: Sequence[str], drawn: random.Random) -> None:
        self._rag = rag
        self._ids = ids
        self._drawn = drawn

    def live(self, done: Event, refusals: Refusals) -> None:
        """One search after the other."""
        while not done.wait(_PAUSE):
            query = text(self._drawn.choice(self._ids), 1)
            _call(lambda: self._rag.retrieve(COLLECTION, query), refusals)  # noqa: B023 - here


def _call(call: Callable[[], object], refusals: Refusals) -> bool:
    """Whether it was answered."""
    began = monotonic()
    try:
        call()
    except RagError as error:
        refusals.refuse(error, monotonic() - began)
        return False
    refusals.answer(monotonic() - began)
    return True
