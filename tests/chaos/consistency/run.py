"""One run: writers and readers on every server until enough has been read."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

from rag_client import RagClient
from tests.chaos.consistency.clients import COLLECTION, Reader, Versions, Writer
from tests.chaos.consistency.history import History

_READERS = 2
# Seconds between two writes of a writer, on average: the indexes are always behind a little.
_PAUSE = 0.2


def observe(addresses: Sequence[str], reads: int, seed: int) -> History:
    """What a writer and two readers per server saw; raises what any of them was answered."""
    history, versions, done = History(), Versions(), Event()
    drawn = random.Random(seed)
    with ExitStack() as stack:
        clients = [stack.enter_context(RagClient(address)) for address in addresses]
        clients[0].collections.create(COLLECTION, exist_ok=True)
        pool = stack.enter_context(ThreadPoolExecutor(len(clients) * (1 + _READERS)))
        lives = []
        for server, rag in enumerate(clients):
            writer = Writer(rag, history, versions, random.Random(drawn.random()))
            lives.append(pool.submit(writer.write_until, done, _PAUSE))
            for _ in range(_READERS):
                reader = Reader(server, rag, history, random.Random(drawn.random()))
                lives.append(pool.submit(reader.read_until, done, reads))
        stack.callback(done.set)
        for life in lives:
            life.result()
    return history
