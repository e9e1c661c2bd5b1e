"""How rows belong together: generations, revisions, versions, builds."""

from typing import Any

from sqlalchemy import Connection, Select, Table, and_, exists, func, or_, select

from rag_server.core.findings import Findings, Kind, Progress
from rag_server.stores.catalog.schema import (
    builds,
    chunks,
    collections,
    documents,
    generations,
)

_LIVE = collections.c.deleted_at.is_(None)


def check_generations(connection: Connection, found: Findings, _: Progress) -> None:
    """A live collection has one generation that serves, the one that it names."""
    serving = and_(
        generations.c.collection_id == collections.c.id, generations.c.state == "serving"
    )
    numbers = func.count(generations.c.generation)
    query = (
        select(collections.c.name)
        .select_from(collections.outerjoin(generations, serving))
        .where(_LIVE)
        .group_by(collections.c.id, collections.c.name, collections.c.generation)
        .having(or_(numbers != 1, func.max(generations.c.generation) != collections.c.generation))
    )
    found.note(Kind.NO_GENERATION, "collections", _texts(connection, query))


def check_revisions(connection: Connection, found: Findings, _: Progress) -> None:
    """No row was made or ended by a revision that its collection has not reached."""
    for table, name in ((documents, documents.c.document_id), (chunks, chunks.c.chunk_id)):
        beyond = or_(
            table.c.created_rev > collections.c.revision,
            table.c.deleted_rev > collections.c.revision,
            table.c.deleted_rev < table.c.created_rev,
        )
        query = select(name).select_from(_in_collection(table)).where(beyond)
        found.note(Kind.BEYOND_REVISION, table.name, _texts(connection, query))


def check_versions(connection: Connection, found: Findings, _: Progress) -> None:
    """At every revision at most one version of a document is visible."""
    later = documents.alias("later")
    overlap = and_(
        later.c.collection_id == documents.c.collection_id,
        later.c.document_id == documents.c.document_id,
        later.c.id != documents.c.id,
        # Of one document sent twice in a batch the first is made and ended by one revision.
        or_(later.c.deleted_rev.is_(None), later.c.deleted_rev > later.c.created_rev),
        later.c.created_rev >= documents.c.created_rev,
        or_(documents.c.deleted_rev.is_(None), later.c.created_rev < documents.c.deleted_rev),
    )
    query = select(documents.c.document_id).where(exists().where(overlap))
    found.note(Kind.SEVERAL_VERSIONS, "documents", _texts(connection, query))


def check_lives(connection: Connection, found: Findings, _: Progress) -> None:
    """Chunks of the serving generation live and die with their document's version."""
    query = (
        select(chunks.c.chunk_id)
        .select_from(_in_collection(chunks).join(documents, documents.c.id == chunks.c.document))
        .where(chunks.c.generation == collections.c.generation, _LIVE)
        .where(chunks.c.deleted_rev.is_distinct_from(documents.c.deleted_rev))
    )
    found.note(Kind.WRONG_LIFE, "chunks", _texts(connection, query))


def check_builds(connection: Connection, found: Findings, _: Progress) -> None:
    """A live version is built in the serving generation, and every build that may be read
    has as many chunks as it says."""
    count = (
        select(func.count())
        .where(chunks.c.document == builds.c.document)
        .where(chunks.c.generation == builds.c.generation)
        .scalar_subquery()
    )
    build = and_(
        builds.c.document == documents.c.id,
        builds.c.generation == generations.c.generation,
    )
    in_use = and_(generations.c.collection_id == collections.c.id, generations.c.state != "retired")
    absent = and_(builds.c.document.is_(None), generations.c.state == "serving")
    query = (
        select(documents.c.document_id)
        .select_from(_in_collection(documents).join(generations, in_use).outerjoin(builds, build))
        .where(_LIVE, documents.c.deleted_rev.is_(None))
        .where(or_(absent, builds.c.chunk_count != count))
    )
    found.note(Kind.WRONG_CHUNK_COUNT, "builds", _texts(connection, query))


def _in_collection(table: Table) -> Any:
    return table.join(collections, collections.c.id == table.c.collection_id)


def _texts(connection: Connection, query: Select[tuple[Any]]) -> list[str]:
    return list(connection.scalars(query))
