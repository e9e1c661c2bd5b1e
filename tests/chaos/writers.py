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

# Shares of deletes, of writes of several documents, and of streams among the latter.
_DELETES = 0.15
_MANY = 0.35
_STREAMS = 0.2
_BATCH = 3
_GONE_SECONDS = 10.0
_STREAM_PATIENCE_SECONDS = 1.0


class Writer:
    """Creates, updates and deletes the documents `ids`, which are its own."""

    def __init__(self, ids: Sequence[str], ledger: Ledger, tally: Tally) -> None:
        self._ids = ids
        self._ledger = ledger
        self._tally = tally

    def live(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        """Returns when the server was killed; raises what a living one answered."""
        try:
            while True:
                self._one(rag, drawn)
        except RagError:
            if not gone(server):
                raise

    def _one(self, rag: RagClient, drawn: random.Random) -> None:
        dice = drawn.random()
        ids = drawn.sample(self._ids, 1 if _DELETES < dice < 1.0 - _MANY else _BATCH)
        if dice < _DELETES:
            self._ledger.ask(dict.fromkeys(ids, ABSENT))
            rag.documents.delete(COLLECTION, ids)
            self._acknowledge(ids)
            return
        states = {name: self._ledger.next_version(name) for name in ids}
        self._ledger.ask(states)
        documents = [document(name, version) for name, version in states.items()]
        if dice > 1.0 - _STREAMS:
            sent = rag.documents.ingest(COLLECTION, documents, patience=_STREAM_PATIENCE_SECONDS)
            sent.raise_for_failures()
        else:
            rag.documents.upsert(COLLECTION, documents).raise_for_failures()
        self._acknowledge(ids)

    def _acknowledge(self, ids: Sequence[str]) -> None:
        self._ledger.acknowledge(ids)
        self._tally.count_acknowledged(len(ids))


class Watcher:
    """Looks at what is visible."""

    def __init__(self, ledger: Ledger, tally: Tally) -> None:
        self._ledger = ledger
        self._tally = tally

    def live(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        """Returns when the server was killed."""
        inspector = Inspector(rag, self._ledger, self._tally)
        try:
            while True:
                inspector.glance(drawn)
        except RagError:
            if not gone(server):
                raise


def gone(server: ServerProcess, patience: float = _GONE_SECONDS) -> bool:
    """Whether the server was killed, which explains any error."""
    try:
        server.process.wait(patience)
    except TimeoutExpired:
        return False
    return True
