"""Answers about the metadata of collections on behalf of a principal."""

from dataclasses import dataclass
from typing import Protocol

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import View
from rag_server.core.filters import Filter, conjunction
from rag_server.core.metadata_schema import CollectionSchema
from rag_server.core.principal import Role
from rag_server.core.protocols import Catalog, Workers
from rag_server.core.schema_check import Problem, problems


class Schemas(Protocol):
    """Knows what the metadata of collections means."""

    def of(self, view: View, hidden: Filter | None, deadline: Deadline) -> CollectionSchema:
        """As the holder of a key with the mandatory filter `hidden` may know it."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a filter, and how many documents pass it."""

    problems: tuple[Problem, ...]
    documents: int


class SchemaDesk:
    """Reads in worker threads; what the key hides is neither told nor counted."""

    def __init__(self, catalog: Catalog, schemas: Schemas, reads: Workers) -> None:
        self._catalog = catalog
        self._schemas = schemas
        self._reads = reads

    async def schema(self, name: str, call: Call) -> tuple[CollectionSchema, int]:
        """The schema of a collection, and the revision that was looked at. Raises NotFound."""
        call.principal.require(Role.READER)

        def work() -> tuple[CollectionSchema, int]:
            view = self._catalog.collections.get(call.principal.tenant, name).view
            return self._schemas.of(view, call.principal.filter, call.deadline), view.revision

        return await self._reads.run(work, call.deadline)

    async def validate(self, name: str, filter: Filter, call: Call) -> Verdict:
        """A filter against the schema, and the documents that it leaves. Raises NotFound."""
        call.principal.require(Role.READER)

        def work() -> Verdict:
            view = self._catalog.collections.get(call.principal.tenant, name).view
            hidden = call.principal.filter
            schema = self._schemas.of(view, hidden, call.deadline).effective()
            both = conjunction(hidden, filter)
            assert both is not None
            passing = self._catalog.chunks.matching(view, both, call.deadline)
            return Verdict(tuple(problems(filter, schema)), len(passing))

        return await self._reads.run(work, call.deadline)
