"""Faults planted into the write path, to prove that the checks would catch them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Timer

from rag_server.core.documents import Collection, Commit, NewDocument, OutcomeKind
from rag_server.stores.catalog.documents import SqlDocuments

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


PLANTS: Mapping[str, Callable[[Write], Write]] = {
    "lost": acknowledge_early,
    "half": show_in_two_steps,
}


def plant(name: str) -> None:
    """Put a fault into this process."""
    # By name, since a type checker rightly refuses it.
    setattr(SqlDocuments, "write", PLANTS[name](SqlDocuments.write))  # noqa: B010 - as above


def _half(document: NewDocument) -> NewDocument:
    first = document.chunks[: len(document.chunks) // 2]
    return replace(document, chunks=first, fingerprint=b"half" + document.fingerprint)
