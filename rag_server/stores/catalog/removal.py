"""Removal of rows for good, in slices."""

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import Connection, Select, delete, select, union_all

from rag_server.core.documents import View
from rag_server.stores.catalog.schema import (
    builds,
    chunks,
    document_vectors,
    documents,
    embeddings,
    generations,
)
from rag_server.stores.catalog.writer import Writer

# Rows removed per transaction, so that other writers get their turn.
_SLICE = 500


def remove_all(writer: Writer, remove_some: Callable[[Connection], int]) -> int:
    """Call it until there is nothing left; how much there was."""
    # Alone: another server's write may be about to refer to an embedding that nobody uses.
    return sum(_until_none(lambda: writer.run(remove_some, alone=True)))


def _until_none(step: Callable[[], int]) -> Iterable[int]:
    while removed := step():
        yield removed


def remove_chunks(connection: Connection, some: Select[tuple[int]]) -> int:
    """Remove up to a slice of chunks with the embeddings that nothing refers to any more."""
    columns = select(chunks.c.id, chunks.c.embedding).where(chunks.c.id.in_(some))
    found = connection.execute(columns.limit(_SLICE)).all()
    connection.execute(delete(chunks).where(chunks.c.id.in_([row for row, _ in found])))
    _remove_unused(connection, {embedding for _, embedding in found})
    return len(found)


def remove_documents(connection: Connection, some: Select[tuple[int]]) -> int:
    """Remove up to a slice of versions of documents with what says how they were built, and
    with their vectors."""
    rows = connection.scalars(some.limit(_SLICE)).all()
    theirs = document_vectors.c.document.in_(rows)
    touched = set(connection.scalars(select(document_vectors.c.embedding).where(theirs)))
    connection.execute(delete(document_vectors).where(theirs))
    _remove_unused(connection, touched)
    connection.execute(delete(builds).where(builds.c.document.in_(rows)))
    connection.execute(delete(documents).where(documents.c.id.in_(rows)))
    return len(rows)


def _remove_unused(connection: Connection, touched: Collection[int]) -> None:
    """Remove those embeddings that nothing refers to."""
    users = (
        select(table.c.embedding).where(table.c.embedding == embeddings.c.id)
        for table in (chunks, document_vectors)
    )
    used = union_all(*users).exists()
    some = list(touched)
    for start in range(0, len(some), _SLICE):
        unused = (embeddings.c.id.in_(some[start : start + _SLICE]), ~used)
        connection.execute(delete(embeddings).where(*unused))


def forget_generation(writer: Writer, view: View) -> None:
    """Remove the chunks, builds and row of a retired generation; another is left alone."""
    number = (
        select(generations.c.generation)
        .where(generations.c.collection_id == view.collection_id)
        .where(generations.c.generation == view.generation, generations.c.state == "retired")
        .scalar_subquery()
    )
    of_collection = chunks.c.collection_id == view.collection_id
    some_chunks = select(chunks.c.id).where(of_collection, chunks.c.generation == number)
    some_builds = (
        select(builds.c.document)
        .join(documents, documents.c.id == builds.c.document)
        .where(documents.c.collection_id == view.collection_id, builds.c.generation == number)
    )
    remove_all(writer, lambda connection: remove_chunks(connection, some_chunks))
    remove_all(writer, lambda connection: _remove_builds(connection, some_builds, view.generation))
    last = delete(generations).where(
        generations.c.collection_id == view.collection_id, generations.c.generation == number
    )
    writer.run(lambda connection: connection.execute(last), alone=True)


def _remove_builds(connection: Connection, some: Select[tuple[int]], generation: int) -> int:
    rows = connection.scalars(some.limit(_SLICE)).all()
    connection.execute(
        delete(builds).where(builds.c.document.in_(rows), builds.c.generation == generation)
    )
    return len(rows)
