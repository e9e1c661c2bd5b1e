"""Faults planted into the write path, to prove that the checks would catch them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Timer
from typing import Any

from rag_server.core.documents import Collection, Commit, NewDocument, OutcomeKind
from rag_server.core.protocols import Changes
from rag_server.stores.catalog.documents import SqlDocuments
from rag_server.stores.chroma import ChromaIndex

Apply = Callable[[ChromaIndex, str, Changes], None]
Write = Callable[[SqlDocuments, Collection, Sequence[NewDocument]], Commit]

_EARLY_SECONDS = 0.4


def acknowledge_early(write: Write) -> Write:
    """Acknowledges at once and writes a moment later: a crash in between loses documents."""

    def planted(
        store: SqlDocuments, collection: Collection, documents: Sequence[NewDocument]
    ) -> Commit:
        Timer(_EARLY_SECONDS, write, (store, collection, documents)).start()
        return Commit(collection.revision + 1, kinds=[OutcomeKind.CREATED] * len(documents))

    return planted


def show_in_two_steps(write: Write) -> Write:
    """Commits half of each document's chunks first, then all: readers see half documents."""

    def planted(
        store: SqlDocuments, collection: Collection, documents: Sequence[NewDocument]
    ) -> Commit:
        write(store, collection, [_half(document) for document in documents])
        return write(store, collection, documents)

    return planted


def skip_first(apply: Apply) -> Apply:
    """Leaves the first chunk of each change out of the index."""

    def planted(index: ChromaIndex, name: str, changes: Changes) -> None:
        apply(index, name, replace(changes, ids=changes.ids[1:], vectors=changes.vectors[1:]))

    return planted


# The class and the method that each fault replaces, and how.
PLANTS: Mapping[str, tuple[type, str, Callable[[Any], Any]]] = {
    "lost": (SqlDocuments, "write", acknowledge_early),
    "half": (SqlDocuments, "write", show_in_two_steps),
    "index": (ChromaIndex, "apply", skip_first),
}


def plant(name: str) -> None:
    """Put a fault into this process."""
    owner, method, fault = PLANTS[name]
    setattr(owner, method, fault(getattr(owner, method)))


def _half(document: NewDocument) -> NewDocument:
    first = document.chunks[: len(document.chunks) // 2]
    return replace(document, chunks=first, fingerprint=b"half" + document.fingerprint)
