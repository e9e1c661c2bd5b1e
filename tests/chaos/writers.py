"""Clients that write without a pause until the server is gone."""

import random
from collections.abc import Sequence
from subprocess import TimeoutExpired

from rag_client import RagClient, RagError
from tests.chaos.inspection import COLLECTION, Inspector
from tests.chaos.ledger import ABSENT, Ledger
from tests.chaos.story import document
from tests.chaos.tally import Tally
from tests.serving import ServerProcess

_DELETES = 0.15
_BATCHES = 0.25
_BATCH = 3
_GONE_SECONDS = 10.0


class Writer:
    """Creates, updates and deletes the documents `ids`, which are its own."""

    def __init__(self, ids: Sequence[str], ledger: Ledger, tally: Tally) -> None:
        self._ids = ids
        self._ledger = ledger
        self._tally = tally

    def write(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        """Returns when the server was killed; raises what a living one answered."""
        try:
            while True:
                self._one(rag, drawn)
        except RagError:
            if not gone(server):
                raise

    def _one(self, rag: RagClient, drawn: random.Random) -> None:
        dice = drawn.random()
        ids = drawn.sample(self._ids, _BATCH if dice > 1.0 - _BATCHES else 1)
        if dice < _DELETES:
            self._ledger.ask(dict.fromkeys(ids, ABSENT))
            rag.documents.delete(COLLECTION, ids)
        else:
            states = {name: self._ledger.next_version(name) for name in ids}
            self._ledger.ask(states)
            documents = [document(name, version) for name, version in states.items()]
            rag.documents.upsert(COLLECTION, documents).raise_for_failures()
        self._ledger.acknowledge(ids)
        self._tally.count_acknowledged(len(ids))


def watch(server: ServerProcess, inspector: Inspector, drawn: random.Random) -> None:
    """Look at what is visible until the server was killed."""
    try:
        while True:
            inspector.glance(drawn)
    except RagError:
        if not gone(server):
            raise


def gone(server: ServerProcess) -> bool:
    """Whether the server was killed, which explains any error."""
    try:
        server.process.wait(_GONE_SECONDS)
    except TimeoutExpired:
        return False
    return True
