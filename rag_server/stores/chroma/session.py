"""What the index asks of Chroma, over one of its clients."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import IndexSettings, Vector

if TYPE_CHECKING:
    from chromadb.api import ServerAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.api.types import GetResult
    from chromadb.types import Collection

_APPLIED = "applied"
# Others may keep collections in the same database: what is none of a catalog's is left alone.
# Older programs did not say whose a part is, nor that it holds embeddings.
_PART = re.compile(r"(?:[0-9a-f]{16}-(?:embeddings-)?)?c\d+-g\d+")
_PAGE = 300


@dataclass(frozen=True, slots=True)
class Part:
    """A collection of Chroma's: its id, which a part that is made anew does not share, its
    name, and the revision up to which the feed is applied."""

    id: UUID
    name: str
    applied: int


class PartGone(Exception):
    """Chroma has no collection of that id (any more)."""


class Session:
    """One client, in one tenant and database of Chroma's. Used by one thread at a time
    unless the client bears more. Raises PartGone, and what the client raises."""

    def __init__(self, api: "ServerAPI", tenant: str, database: str) -> None:
        self.api = api
        self._tenant = tenant
        self._database = database

    def parts(self) -> list[Part]:
        """The parts of all catalogs; none where the database does not exist."""
        return [
            _part(each)
            for each in self._collections()
            if _PART.fullmatch(each.name) and _APPLIED in (each.metadata or {})
        ]

    def create(self, name: str, settings: IndexSettings) -> Part:
        """The part of that name, made at revision 0 unless it is there; with its tenant and
        database, which a Chroma that was emptied does not have."""
        from chromadb.errors import ChromaError

        try:
            return self._create(name, settings)
        except ChromaError:
            self._provide()
            return self._create(name, settings)

    def add(self, part: Part, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add vectors; a known id keeps its own."""
        with _gone():
            self.api._add(
                list(ids),
                part.id,
                list(vectors),
                tenant=self._tenant,
                database=self._database,
            )

    def delete(self, part: Part, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are fine."""
        with _gone():
            self.api._delete(part.id, ids=list(ids), tenant=self._tenant, database=self._database)

    def publish(self, part: Part, revision: int) -> Part:
        """Store how far the feed is applied."""
        with _gone():
            self.api._modify(
                part.id,
                new_metadata={_APPLIED: revision},
                tenant=self._tenant,
                database=self._database,
            )
        return Part(part.id, part.name, revision)

    def search(self, part: Part, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """Up to `limit` (entry, cosine), best first."""
        with _gone():
            found = self.api._query(
                part.id,
                [vector],
                n_results=limit,
                include=["distances"],
                tenant=self._tenant,
                database=self._database,
            )
        ids, distances = found["ids"][0], (found["distances"] or [[]])[0]
        return [(entry, 1.0 - distance) for entry, distance in zip(ids, distances, strict=True)]

    def ids(self, part: Part, page: int) -> Iterator[list[str]]:
        """Ids of all vectors, `page` at a time."""
        offset, some = 0, [""]
        while some:
            some = self._get(part, limit=page, offset=offset)["ids"]
            offset += page
            yield some

    def vectors(self, part: Part, ids: Sequence[str]) -> dict[str, Vector]:
        """Vectors by id of those that are there."""
        found = self._get(part, ids=list(ids), include=["embeddings"])
        rows = np.asarray(found["embeddings"], np.float32)
        return dict(zip(found["ids"], rows, strict=True))

    def drop(self, part: Part) -> None:
        """Remove a part."""
        with _gone():
            self.api.delete_collection(part.name, self._tenant, self._database)

    def _create(self, name: str, settings: IndexSettings) -> Part:
        made = self.api.create_collection(
            name,
            configuration=_configuration(settings),
            metadata={_APPLIED: 0},
            get_or_create=True,
            tenant=self._tenant,
            database=self._database,
        )
        return _part(made)

    def _provide(self) -> None:
        from chromadb.errors import ChromaError

        # There already, or not ours to make: using it says more.
        with suppress(ChromaError):
            self.api.create_tenant(self._tenant)
        with suppress(ChromaError):
            self.api.create_database(self._database, self._tenant)

    def _get(
        self, part: Part, *, include: Sequence[Literal["embeddings"]] = (), **asked: Any
    ) -> "GetResult":
        with _gone():
            return self.api._get(
                part.id,
                include=list(include),
                tenant=self._tenant,
                database=self._database,
                **asked,
            )

    def _collections(self) -> Iterator["Collection"]:
        page: Sequence[Collection] = ()
        offset = 0
        while offset == 0 or len(page) == _PAGE:
            page = self.api.list_collections(_PAGE, offset, self._tenant, self._database)
            offset += _PAGE
            yield from page


def _part(collection: "Collection") -> Part:
    return Part(collection.id, collection.name, int((collection.metadata or {}).get(_APPLIED, 0)))


def _configuration(settings: IndexSettings) -> "CreateCollectionConfiguration":
    """Fixed when a part is made: Chroma lets `ef_search` be changed, but goes on with the
    old value until it is opened again."""
    return {
        "hnsw": {
            "space": "cosine",
            "ef_construction": settings.ef_construction,
            "ef_search": settings.ef_search,
            "max_neighbors": settings.max_neighbors,
        }
    }


@contextmanager
def _gone() -> Iterator[None]:
    # Not at the top: importing chromadb takes a second.
    from chromadb.errors import NotFoundError

    try:
        yield
    except NotFoundError as error:
        raise PartGone from error
