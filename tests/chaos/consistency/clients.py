"""Writers and readers, each a thread with a client of one server."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from threading import Event, Lock

from rag_client import Hit, RagClient
from tests.chaos.consistency.history import ABSENT, History, Read, Write
from tests.chaos.story import OF_STORIES, document, text, whole_version

COLLECTION = "fleet"
DOCUMENTS = tuple(f"story-{number}" for number in range(16))

# More than there are visible chunks.
_ALL = 1_000
_NEAREST = 10
_DELETES = 0.2
_LARGEST_BATCH = 3
_COMPLETE = 0.3
# A version that no document has: what was seen is not the whole text of any.
_TORN = -1


class Versions:
    """Version numbers, each given once; thread-safe."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._lock = Lock()

    def next(self) -> int:
        """One that nobody has."""
        with self._lock:
            return next(self._numbers)


class Writer:
    """Creates, changes and deletes documents that all other writers write too."""

    def __init__(
        self, rag: RagClient, history: History, versions: Versions, drawn: random.Random
    ) -> None:
        self._rag = rag
        self._history = history
        self._versions = versions
        self._drawn = drawn

    def write_until(self, done: Event, pause: float) -> None:
        """One write after the other, with `pause` seconds in between on average."""
        while not done.wait(self._drawn.uniform(0, 2 * pause)):
            names = self._drawn.sample(DOCUMENTS, self._drawn.randint(1, _LARGEST_BATCH))
            write = self._delete if self._drawn.random() < _DELETES else self._upsert
            self._history.wrote(write(names))

    def _delete(self, names: list[str]) -> Write:
        result = self._rag.documents.delete(COLLECTION, names)
        states = dict.fromkeys(result.deleted_ids, ABSENT)
        return Write(result.revision, states, result.consistency_token)

    def _upsert(self, names: list[str]) -> Write:
        states = {name: self._versions.next() for name in names}
        documents = [document(name, version) for name, version in states.items()]
        result = self._rag.documents.upsert(COLLECTION, documents)
        result.raise_for_failures()
        return Write(result.revision, states, result.consistency_token)


class Reader:
    """Asks for everything, or for what is nearest; half of the time with the newest token."""

    def __init__(self, server: int, rag: RagClient, history: History, drawn: random.Random) -> None:
        self._server = server
        self._rag = rag
        self._history = history
        self._drawn = drawn

    def read_until(self, done: Event, reads: int) -> None:
        """Read until all readers together have read `reads` times."""
        while not done.is_set() and len(self._history.reads) < reads:
            self._history.read(self._read())
        done.set()

    def _read(self) -> Read:
        newest = self._history.newest()
        token = newest.token if self._drawn.random() < 0.5 else None
        complete = self._drawn.random() < _COMPLETE
        found = self._rag.retrieve(
            COLLECTION,
            text(self._drawn.choice(DOCUMENTS), 1)[:200],
            filter=OF_STORIES if complete else None,
            top_k=_ALL if complete else _NEAREST,
            at_least_as_fresh=token or None,
        )
        seen = _whole(found.hits) if complete else _versions(found.hits)
        revision = found.provenance.revision
        return Read(self._server, revision, seen, newest.revision, complete)


def _versions(hits: Iterable[Hit]) -> Mapping[str, frozenset[int]]:
    seen: dict[str, set[int]] = defaultdict(set)
    for hit in hits:
        version = hit.metadata["version"]
        assert isinstance(version, int)
        seen[hit.document_id].add(version)
    return {name: frozenset(versions) for name, versions in seen.items()}


def _whole(hits: Iterable[Hit]) -> Mapping[str, frozenset[int]]:
    """By the texts of all chunks, which must be those of one version."""
    grouped: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        grouped[hit.document_id].append(hit)
    return {
        name: frozenset({whole_version(name, [hit.text for hit in _in_order(parts)]) or _TORN})
        for name, parts in grouped.items()
    }


def _in_order(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: hit.ordinal)
