"""What the lexical index follows: the texts of chunks, and which of them are gone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import distinct, func, or_, select

from rag_server.core.documents import ChunkWords, View
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.feed import end_of_stretch, of_generation
from rag_server.stores.catalog.instant import to_micros
from rag_server.stores.catalog.schema import chunks, documents


class SqlWordFeed:
    """Implements `WordFeed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changes(self, view: View, after: int, limit: int) -> tuple[int, list[ChunkWords]]:
        """Whole revisions in (after, view.revision], each chunk once, in order of creation."""
        with self._database.reading() as connection:
            upto = end_of_stretch(connection, view, after, limit)
            created = (chunks.c.created_rev > after) & (chunks.c.created_rev <= upto)
            query = (
                select(chunks.c.id, chunks.c.chunk_id, documents.c.title, chunks.c.text)
                .join(documents, documents.c.id == chunks.c.document)
                .where(of_generation(view), created)
                .order_by(chunks.c.created_rev, chunks.c.id)
            )
            texts = {row.chunk_id: ChunkWords(*row) for row in connection.execute(query)}
        return upto, list(texts.values())

    def dead(self, view: View, before: datetime) -> set[str]:
        """Ids of which every version that is still there was deleted before that time."""
        other = chunks.alias("other")
        moment = to_micros(before)
        survivor = (
            select(other.c.id)
            .where(other.c.collection_id == chunks.c.collection_id)
            .where(other.c.generation == chunks.c.generation)
            .where(other.c.chunk_id == chunks.c.chunk_id)
            .where(or_(other.c.deleted_at.is_(None), other.c.deleted_at >= moment))
        )
        query = select(chunks.c.chunk_id).where(
            of_generation(view), chunks.c.deleted_at < moment, ~survivor.exists()
        )
        with self._database.reading() as connection:
            return set(connection.scalars(query))

    def count(self, view: View) -> int:
        """Number of chunk ids that have a row."""
        query = select(func.count(distinct(chunks.c.chunk_id))).where(of_generation(view))
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def known(self, view: View, ids: Sequence[str]) -> set[str]:
        """Those among them that have a row."""
        query = select(chunks.c.chunk_id).where(of_generation(view), chunks.c.chunk_id.in_(ids))
        with self._database.reading() as connection:
            return set(connection.scalars(query))
