"""Versions of documents: how one transaction replaces or ends them, and who sees which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from rag_server.core.documents import (
    Build,
    Collection,
    Commit,
    NewChunk,
    NewDocument,
    NewVector,
    OutcomeKind,
    View,
)
from rag_server.core.errors import Reason, Unavailable
from rag_server.stores.catalog.blob import pack_sentences, pack_spans, pack_tokens, pack_vector
from rag_server.stores.catalog.collections import gone
from rag_server.stores.catalog.engine import insert_missing, insert_row
from rag_server.stores.catalog.schema import (
    builds,
    chunks,
    collections,
    commits,
    document_vectors,
    documents,
    embeddings,
    generations,
)
from rag_server.stores.catalog.value_json import encode_metadata

# Documents looked up per statement.
_SLICE = 500

INSERT_CHUNK = insert(chunks).values(
    embedding=select(embeddings.c.id)
    .where(embeddings.c.key == bindparam("embedding_key"))
    .scalar_subquery()
)

INSERT_VECTOR = insert(document_vectors).values(
    embedding=select(embeddings.c.id)
    .where(embeddings.c.key == bindparam("embedding_key"))
    .scalar_subquery()
)

# row, fingerprint and recipe of a version
_Live = tuple[int, bytes, bytes | None]


def visible(table: Table, revision: int) -> ColumnElement[bool]:
    """Whether a version in `table` is seen at `revision`."""
    alive = or_(table.c.deleted_rev.is_(None), table.c.deleted_rev > revision)
    return (table.c.created_rev <= revision) & alive


def within(table: Table, view: View) -> ColumnElement[bool]:
    """Whether a row of `table` belongs to the collection (and generation) and is seen."""
    inside = (table.c.collection_id == view.collection_id) & visible(table, view.revision)
    return inside & (table.c.generation == view.generation) if "generation" in table.c else inside


@dataclass(frozen=True, slots=True)
class Revision:
    """The revision that a transaction is making; `micros` is its time."""

    connection: Connection
    collection: Collection
    number: int
    micros: int
    serving: int

    @classmethod
    def begin(cls, connection: Connection, collection: Collection, micros: int) -> "Revision":
        """The one after the newest, which no other server can make meanwhile. Raises NotFound
        if the collection is gone."""
        query = select(collections.c.revision, collections.c.generation).where(
            collections.c.id == collection.id, collections.c.deleted_at.is_(None)
        )
        newest = connection.execute(query.with_for_update()).one_or_none()
        if newest is None:
            raise gone(collection.name)
        return cls(connection, collection, newest.revision + 1, micros, newest.generation)

    def write(self, new: Sequence[NewDocument]) -> Commit:
        """Make `new` the live versions, but for those that are live already. Of several
        documents with one id the last one stays. Raises Unavailable where another generation
        serves than they were prepared for."""
        if self.serving != self.collection.generation:
            message = "the collection was reindexed meanwhile: send the documents again"
            raise Unavailable(message, Reason.GENERATION_CHANGED)
        live = self._live([document.id for document in new])
        kinds = []
        for document in new:
            row, *made = live.get(document.id, (None, b"", b""))
            if row is not None and made == [document.fingerprint, document.recipe]:
                kinds.append(OutcomeKind.UNCHANGED)
                continue
            if row is not None:
                self._end([row])
            inserted = self._insert(document)
            live[document.id] = (inserted, document.fingerprint, document.recipe)
            kinds.append(OutcomeKind.CREATED if row is None else OutcomeKind.UPDATED)
        changed = any(kind is not OutcomeKind.UNCHANGED for kind in kinds)
        return Commit(self._close(changed), kinds=kinds)

    def delete(self, ids: Sequence[str]) -> Commit:
        """End the live versions of `ids`, each once."""
        live = self._live(ids)
        deleted = [each for each in dict.fromkeys(ids) if each in live]
        self._end([live[each][0] for each in deleted])
        return Commit(self._close(bool(deleted)), deleted=deleted)

    def build(self, new: Sequence[Build]) -> int:
        """Give live versions their chunks in the generation of `collection`, which readers do
        not see; the revision, moved where there were any."""
        return self._close(self.add(new))

    def add(self, new: Sequence[Build]) -> bool:
        """The same without an end to the revision; whether there were any."""
        live = self._still_live([build.row for build in new])
        changed = [build for build in new if build.row in live]
        for build in changed:
            self._end_build(build.row)
            self._build(build.row, build.recipe, build.chunks)
        return bool(changed)

    def serve(self) -> int:
        """Let the generation of `collection` serve in the place of the one that does; the
        revision."""
        of_collection = generations.c.collection_id == self.collection.id
        retired = {"state": "retired", "retired_at": self.micros}
        for number, columns in (
            (self.serving, retired),
            (self.collection.generation, {"state": "serving"}),
        ):
            one = (of_collection, generations.c.generation == number)
            self.connection.execute(update(generations).where(*one).values(columns))
        self.connection.execute(
            update(collections)
            .where(collections.c.id == self.collection.id)
            .values(generation=self.collection.generation)
        )
        return self._close(True)

    def _still_live(self, rows: Sequence[int]) -> set[int]:
        query = select(documents.c.id).where(
            documents.c.id.in_(rows), documents.c.deleted_rev.is_(None)
        )
        return set(self.connection.scalars(query))

    def _end_build(self, row: int) -> None:
        """Make room for another build of a version in this generation."""
        generation = self.collection.generation
        ended = {"deleted_rev": self.number, "deleted_at": self.micros}
        old = (chunks.c.document == row, chunks.c.generation == generation)
        self.connection.execute(
            update(chunks).where(*old, chunks.c.deleted_rev.is_(None)).values(ended)
        )
        self.connection.execute(
            delete(builds).where(builds.c.document == row, builds.c.generation == generation)
        )

    def _live(self, ids: Sequence[str]) -> dict[str, _Live]:
        table = documents.c
        build = (builds.c.document == table.id) & (
            builds.c.generation == self.collection.generation
        )
        query = (
            select(table.document_id, table.id, table.fingerprint, builds.c.recipe)
            .select_from(documents.outerjoin(builds, build))
            .where(table.collection_id == self.collection.id, table.deleted_rev.is_(None))
        )
        return {
            document_id: (row, fingerprint, recipe)
            for start in range(0, len(ids), _SLICE)
            for document_id, row, fingerprint, recipe in self.connection.execute(
                query.where(table.document_id.in_(ids[start : start + _SLICE]))
            )
        }

    def _end(self, rows: Sequence[int]) -> None:
        ended = {"deleted_rev": self.number, "deleted_at": self.micros}
        for start in range(0, len(rows), _SLICE):
            some = rows[start : start + _SLICE]
            of_documents = (chunks.c.document.in_(some), chunks.c.deleted_rev.is_(None))
            self.connection.execute(update(chunks).where(*of_documents).values(ended))
            self.connection.execute(update(documents).where(documents.c.id.in_(some)).values(ended))

    def _insert(self, document: NewDocument) -> int:
        text = document.text.encode()
        values = insert(documents).values(
            collection_id=self.collection.id,
            document_id=document.id,
            content_type=document.content_type.value,
            title=document.title,
            metadata=encode_metadata(document.metadata),
            fingerprint=document.fingerprint,
            size_bytes=len(text),
            created_rev=self.number,
            updated_at=self.micros,
            text=text,
        )
        row = insert_row(self.connection, values, documents.c.id)
        self._build(row, document.recipe, document.chunks)
        if document.vectors:
            self._insert_vectors(row, document.vectors)
        return row

    def _insert_vectors(self, row: int, new: Sequence[NewVector]) -> None:
        self.connection.execute(
            insert_missing(embeddings, "key"), [_field_embedding_row(each) for each in new]
        )
        shared = {
            "collection_id": self.collection.id,
            "document": row,
            "created_rev": self.number,
        }
        self.connection.execute(INSERT_VECTOR, [shared | _vector_row(each) for each in new])

    def _build(self, row: int, recipe: bytes, new: Sequence[NewChunk]) -> None:
        build = insert(builds).values(
            document=row,
            generation=self.collection.generation,
            recipe=recipe,
            chunk_count=len(new),
        )
        self.connection.execute(build)
        if new:
            self._insert_chunks(row, new)

    def _insert_chunks(self, row: int, new: Sequence[NewChunk]) -> None:
        self.connection.execute(
            insert_missing(embeddings, "key"), [_embedding_row(chunk) for chunk in new]
        )
        shared = {
            "collection_id": self.collection.id,
            "generation": self.collection.generation,
            "document": row,
            "created_rev": self.number,
        }
        self.connection.execute(INSERT_CHUNK, [shared | _chunk_row(chunk) for chunk in new])

    def _close(self, changed: bool) -> int:
        if not changed:
            return self.number - 1
        of_collection = collections.c.id == self.collection.id
        self.connection.execute(
            update(collections).where(of_collection).values(revision=self.number)
        )
        self.connection.execute(
            insert(commits).values(
                collection_id=self.collection.id, revision=self.number, committed_at=self.micros
            )
        )
        return self.number


def _embedding_row(chunk: NewChunk) -> dict[str, Any]:
    return {
        "key": chunk.key,
        "dimension": len(chunk.embedding.vector),
        "sentences": pack_sentences(chunk.embedding.sentences),
        "vector": pack_vector(chunk.embedding.vector),
        "tokens": pack_tokens(chunk.embedding.tokens),
    }


def _field_embedding_row(new: NewVector) -> dict[str, Any]:
    vector = pack_vector(new.vector)
    return {"key": new.key, "dimension": len(new.vector), "sentences": b"", "vector": vector}


def _vector_row(new: NewVector) -> dict[str, Any]:
    return {
        "field": new.modality.value,
        "span_start": new.span.start,
        "span_end": new.span.end,
        "embedding_key": new.key,
    }


def _chunk_row(chunk: NewChunk) -> dict[str, Any]:
    return {
        "chunk_id": chunk.id,
        "ordinal": chunk.ordinal,
        "span_start": chunk.span.start,
        "span_end": chunk.span.end,
        "tokens": chunk.tokens,
        "embedding_key": chunk.key,
        "sentences": pack_spans(chunk.sentences),
        "text": chunk.text,
        "parent_start": chunk.parent and chunk.parent.start,
        "parent_end": chunk.parent and chunk.parent.end,
        "page": chunk.page,
        "heading": chunk.heading,
    }
