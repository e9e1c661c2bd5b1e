"""The catalog, which is the only truth, as a whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rag_server.core.chunk_log import ChunkLog
from rag_server.core.filters import Filter
from rag_server.core.findings import Finding, Progress
from rag_server.core.jobs import JobStore
from rag_server.core.leadership import Leases
from rag_server.core.principal import Principal, Role
from rag_server.core.protocols.collections import CollectionStore, GenerationStore
from rag_server.core.protocols.documents import (
    ChunkReader,
    ChunkStore,
    DocumentStore,
    EmbeddingStore,
)
from rag_server.core.protocols.feeds import Feed, WordFeed
from rag_server.core.protocols.fields import FieldStore


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key without its secret."""

    id: str
    principal: Principal
    name: str
    created_at: datetime
    revoked_at: datetime | None


class KeyStore(Protocol):
    """API keys; only a hash of the secret is stored."""

    def create(
        self, tenant: str, roles: frozenset[Role], name: str, filter: Filter | None
    ) -> tuple[KeyRecord, str]:
        """A new key and its full text, which cannot be read again. Raises InvalidRequest
        for a filter with any role but reader."""
        ...

    def authenticate(self, key: str) -> Principal:
        """The principal of a key. Raises NotAuthenticated, the same for every cause."""
        ...

    def all(self) -> list[KeyRecord]:
        """All keys, oldest first."""
        ...

    def revoke(self, id: str) -> None:
        """Revoke from now on; again is fine. Raises NotFound."""
        ...


class Catalog(Protocol):
    """The only truth: everything else can be rebuilt from it."""

    @property
    def collections(self) -> CollectionStore: ...
    @property
    def generations(self) -> GenerationStore: ...
    @property
    def documents(self) -> DocumentStore: ...
    @property
    def chunks(self) -> ChunkStore: ...
    @property
    def reader(self) -> ChunkReader: ...
    @property
    def embeddings(self) -> EmbeddingStore: ...
    @property
    def fields(self) -> FieldStore: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def words(self) -> WordFeed: ...
    @property
    def log(self) -> ChunkLog: ...
    @property
    def keys(self) -> KeyStore: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def jobs(self) -> JobStore: ...


class CatalogAudit(Protocol):
    """Ability of a catalog to say whether it keeps its own rules."""

    def look(self, progress: Progress) -> list[Finding]:
        """What breaks a rule, in one state of the catalog, which is not changed."""
        ...


class Pingable(Protocol):
    """Ability to say whether the part works."""

    def ping(self) -> None:
        """Raises Unavailable when it does not."""
        ...
