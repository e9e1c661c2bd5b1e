"""Looking at the server from outside: is everything there, and whole?"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter

from rag_client import Chunk, Hit, NotFound, RagClient, Retrieval
from tests.chaos.ledger import ABSENT, Ledger
from tests.chaos.story import OF_STORIES, text, versions, whole_version
from tests.chaos.tally import Tally

COLLECTION = "chaos"

# More than there are visible chunks.
_ALL = 1_000
_NEAREST = 10


class Inspector:
    """Reads through every door that documents are visible through."""

    def __init__(self, rag: RagClient, ledger: Ledger, tally: Tally) -> None:
        self._rag = rag
        self._ledger = ledger
        self._tally = tally

    def glance(self, drawn: random.Random) -> None:
        """One look at what is visible while others write."""
        name = drawn.choice(self._ledger.ids)
        self._snapshot()
        self._neighbours(text(name, 1))
        self._document(name)
        self._chunks(name)

    def examine(self) -> None:
        """After a restart: every acknowledged document is there as it was sent, all of its
        chunks are found, and nothing is half there. Settles what was under way."""
        visible = self._snapshot()
        for name in self._ledger.ids:
            state = self._document(name)
            self._tally.require(
                self._ledger.accepts(name, state),
                f"{name} is {state}, acknowledged was {self._ledger.acknowledged.get(name)}",
            )
            self._ledger.settle(name, state)
            self._tally.observe(visible.get(name, ABSENT) == state, f"{name} in a filtered search")
            missing = self._missing(name)
            self._tally.require(not missing, f"chunks of {name} in a search: {missing}")

    def _missing(self, name: str) -> list[str]:
        """How searches for each of its chunks went that did not find it."""
        chunks = self._chunks(name)
        missing = [funnel for chunk in chunks if (funnel := self._miss(chunk)) is not None]
        # A generation that began to serve in between has other chunks, under the same ids.
        moved = missing and self._chunks(name) != chunks
        return self._missing(name) if moved else missing

    def _miss(self, chunk: Chunk) -> str | None:
        found = self._neighbours(chunk.text)
        there = any(hit.chunk_id == chunk.id for hit in found.hits)
        return None if there else str(found.funnel)

    def _snapshot(self) -> Mapping[str, int]:
        """Version of every visible document, from one filtered search that returns all."""
        found = self._rag.retrieve(COLLECTION, "anything", filter=OF_STORIES, top_k=_ALL)
        return {
            name: self._whole(name, sorted(hits, key=attrgetter("ordinal")), "in a filtered search")
            for name, hits in _by_document(found.hits).items()
        }

    def _neighbours(self, query: str) -> Retrieval:
        """The nearest chunks; no document appears in two versions."""
        found = self._rag.retrieve(COLLECTION, query, top_k=_NEAREST, explain=True)
        for name, hits in _by_document(found.hits).items():
            mixed = versions(hit.text for hit in hits)
            self._tally.observe(len(mixed) <= 1, f"{name} in versions {mixed} in a search")
        return found

    def _document(self, name: str) -> int:
        """State of a document by its stored text."""
        try:
            stored = self._rag.documents.get(COLLECTION, name)
        except NotFound:
            return ABSENT
        version = stored.metadata["version"]
        assert isinstance(version, int)
        self._tally.observe(stored.text == text(name, version), f"the text of {name}")
        return version

    def _chunks(self, name: str) -> list[Chunk]:
        try:
            chunks = list(self._rag.documents.chunks(COLLECTION, name, page_size=_ALL))
        except NotFound:
            return []
        self._whole(name, chunks, "in its list of chunks")
        return chunks

    def _whole(self, name: str, parts: Iterable[Chunk | Hit], where: str) -> int:
        version = whole_version(name, [part.text for part in parts])
        self._tally.observe(version is not None, f"{name} {where}")
        return ABSENT if version is None else version


def _by_document(hits: Iterable[Hit]) -> Mapping[str, list[Hit]]:
    grouped: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        grouped[hit.document_id].append(hit)
    return grouped
