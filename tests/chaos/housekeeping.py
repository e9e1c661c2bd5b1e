"""Collections that come and go, for the removal of what was deleted."""

import random
from itertools import count

from rag_client import Document, RagClient, RagError
from tests.chaos.writers import gone
from tests.serving import ServerProcess

_PAUSE_SECONDS = 0.3


class Housekeeper:
    """Makes and deletes collections, of which nothing may stay."""

    def __init__(self) -> None:
        self._names = (f"scrap-{number}" for number in count())

    def live(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        """Returns when the server was killed."""
        try:
            while not gone(server, _PAUSE_SECONDS):
                self._one(rag, drawn)
        except RagError:
            if not gone(server):
                raise

    def _one(self, rag: RagClient, drawn: random.Random) -> None:
        name = next(self._names)
        rag.collections.create(name)
        texts = [f"{name} {number}" for number in range(drawn.randint(1, 3))]
        rag.documents.upsert(name, [Document(id=each, text=each) for each in texts])
        rag.collections.delete(name)
