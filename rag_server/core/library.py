"""What is stored, read and administered: collections, documents and chunks."""

from collections.abc import Callable, Container, Sequence
from collections.abc import Collection as Names
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Generic, TypeVar

from rag_server.core.call import Call, Deadline
from rag_server.core.chunking import ChunkingSpec
from rag_server.core.content import Modality
from rag_server.core.documents import (
    Collection,
    GenerationSettings,
    StoredChunk,
    StoredDocument,
    VectorField,
)
from rag_server.core.errors import AlreadyExists, NotFound, Reason
from rag_server.core.filters import Filter, conjunction, matches
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.core.pipeline import fresh_enough, served
from rag_server.core.principal import Role
from rag_server.core.protocols import Catalog, Workers
from rag_server.core.tokens import page_start, page_start_number, page_token

T = TypeVar("T")

# Documents read at a time while looking for those that pass a filter.
_FILTERED_BATCH = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items in order, and the token of the next page (empty on the last)."""

    items: Sequence[T]
    next_token: str
    revision: int = 0


class Library:
    """Reads and administers the catalog on behalf of a principal, whose mandatory filter
    hides documents here as it does in retrieval."""

    def __init__(
        self,
        catalog: Catalog,
        reads: Workers,
        commits: Workers,
        defaults: GenerationSettings,
        require: Callable[[ChunkingSpec], object],
        embedders: Names[str],
        fields: Sequence[VectorField],
    ) -> None:
        """`defaults`: what a collection gets that asks for nothing else; `require` raises
        PreconditionFailed for a chunking that this server lacks the parts for; `embedders`:
        names of those that it runs; `fields` that a collection can have beside that of its tables,
        which have the embedder of its text."""
        self._catalog = catalog
        self._reads = reads
        self._commits = commits
        self._defaults = defaults
        self._require = require
        self._embedders = embedders
        self._fields = fields

    async def create_collection(
        self,
        name: str,
        description: str,
        chunking: ChunkingSpec | None,
        call: Call,
        *,
        embedder: str = "",
        schema: MetadataSchema | None = None,
        fields: Container[Modality] = (),
        dry: bool = False,
    ) -> Collection:
        """A new, empty collection, chunked by default where `chunking` is None, embedded by
        default where `embedder` is empty, with those vector fields. Raises AlreadyExists,
        NotFound, PreconditionFailed."""
        call.principal.require(Role.WRITER)
        tenant = call.principal.tenant
        settings = replace(
            self._defaults,
            chunking=chunking or self._defaults.chunking,
            embedder=embedder or self._defaults.embedder,
            fields=self._chosen(fields, embedder or self._defaults.embedder),
        )

        def work() -> Collection:
            served(settings.embedder, self._embedders)
            self._require(settings.chunking)
            if not dry:
                return self._catalog.collections.create(tenant, name, description, settings, schema)
            try:
                self._catalog.collections.get(tenant, name)
            except NotFound:
                now = datetime.now(UTC)
                return Collection(
                    0, tenant, name, description, 0, 1, settings, now, metadata_schema=schema
                )
            raise AlreadyExists("there is a collection of that name", Reason.COLLECTION_EXISTS)

        return await self._commits.run(work, call.deadline)

    def _chosen(self, fields: Container[Modality], embedder: str) -> tuple[VectorField, ...]:
        known = (*self._fields, VectorField(Modality.TABLE, embedder))
        return tuple(each for each in known if each.modality in fields)

    async def update_collection(
        self,
        name: str,
        description: str | None,
        schema: MetadataSchema | None,
        call: Call,
        *,
        dry: bool = False,
    ) -> Collection:
        """Change what is not None; a schema without fields removes the declared one. The
        collection as it is then, with its counts. Raises NotFound."""
        call.principal.require(Role.WRITER)
        tenant = call.principal.tenant

        def work() -> Collection:
            if not dry:
                self._catalog.collections.update(tenant, name, description, schema)
            found = self._catalog.collections.get(tenant, name, counts=True)
            return _updated(found, description, schema) if dry else found

        return await self._commits.run(work, call.deadline)

    async def collection(self, name: str, call: Call) -> Collection:
        """One collection with its counts."""
        call.principal.require(Role.READER)
        return await self._reads.run(
            lambda: self._catalog.collections.get(call.principal.tenant, name, counts=True),
            call.deadline,
        )

    async def collections(self, size: int, token: str, call: Call) -> Page[Collection]:
        """A page of the tenant's collections, ascending by name."""
        call.principal.require(Role.READER)
        tenant = call.principal.tenant
        listing = _listing("collections", tenant)
        after = page_start(token, listing)
        found = await self._reads.run(
            lambda: self._catalog.collections.page(tenant, after, size + 1), call.deadline
        )
        return _page(found, size, listing, lambda each: each.name, 0)

    async def delete_collection(self, name: str, call: Call, *, dry: bool = False) -> int:
        """Delete a collection; how many documents go with it."""
        call.principal.require(Role.ADMIN)
        tenant = call.principal.tenant

        def work() -> int:
            if dry:
                return self._catalog.collections.get(tenant, name, counts=True).document_count
            return self._catalog.collections.delete(tenant, name)

        return await self._commits.run(work, call.deadline)

    async def document(
        self, name: str, id: str, token: str, call: Call
    ) -> tuple[StoredDocument, int]:
        """One document that the principal may see, and the revision it was read at."""
        call.principal.require(Role.READER)

        def work() -> tuple[StoredDocument, int]:
            collection = self._pin(name, token, call)
            stored = self._visible(collection, id, call)
            return stored, collection.revision

        return await self._reads.run(work, call.deadline)

    async def documents(
        self, name: str, filter: Filter | None, size: int, token: str, fresh: str, call: Call
    ) -> Page[StoredDocument]:
        """A page of documents that pass the filter, ascending by id."""
        call.principal.require(Role.READER)
        narrowed = conjunction(call.principal.filter, filter)

        def work() -> Page[StoredDocument]:
            collection = self._pin(name, fresh, call)
            listing = _listing("documents", str(collection.id), repr(narrowed))
            after = page_start(token, listing)
            found = self._passing(collection, narrowed, after, size + 1, call.deadline)
            return _page(found, size, listing, lambda each: each.id, collection.revision)

        return await self._reads.run(work, call.deadline)

    async def chunks(
        self, name: str, id: str, size: int, token: str, fresh: str, call: Call
    ) -> Page[StoredChunk]:
        """A page of the chunks of one document, ascending by ordinal."""
        call.principal.require(Role.READER)

        def work() -> Page[StoredChunk]:
            collection = self._pin(name, fresh, call)
            self._visible(collection, id, call)
            listing = _listing("chunks", str(collection.id), id)
            after = page_start_number(token, listing)
            found = self._catalog.reader.of_document(collection.view, id, after, size + 1) or []
            return _page(found, size, listing, lambda c: str(c.ordinal), collection.revision)

        return await self._reads.run(work, call.deadline)

    def _pin(self, name: str, token: str, call: Call) -> Collection:
        collection = self._catalog.collections.get(call.principal.tenant, name)
        if token:
            fresh_enough(collection, token)
        return collection

    def _visible(self, collection: Collection, id: str, call: Call) -> StoredDocument:
        stored = self._catalog.documents.get(collection.view, id)
        hidden = call.principal.filter
        if stored is None or (hidden is not None and not matches(hidden, stored.metadata)):
            raise NotFound(
                "there is no document of that id in the collection", Reason.DOCUMENT_NOT_FOUND
            )
        return stored

    def _passing(
        self,
        collection: Collection,
        filter: Filter | None,
        after: str,
        count: int,
        deadline: Deadline,
    ) -> list[StoredDocument]:
        found: list[StoredDocument] = []
        batch_size = count if filter is None else max(count, _FILTERED_BATCH)
        while len(found) < count:
            deadline.check("list")
            batch = self._catalog.documents.page(collection.view, after, batch_size)
            found += [each for each in batch if filter is None or matches(filter, each.metadata)]
            if len(batch) < batch_size:
                break
            after = batch[-1].id
        return found[:count]


def _updated(
    found: Collection, description: str | None, schema: MetadataSchema | None
) -> Collection:
    if description is not None:
        found = replace(found, description=description)
    if schema is not None:
        found = replace(found, metadata_schema=schema if schema.fields else None)
    return found


def _listing(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()


def _page(
    found: Sequence[T], size: int, listing: str, position: Callable[[T], str], revision: int
) -> Page[T]:
    """The first `size` of up to `size` + 1 items; the extra one says that there are more."""
    items = found[:size]
    more = len(found) > size
    return Page(items, page_token(position(items[-1]), listing) if more else "", revision)
