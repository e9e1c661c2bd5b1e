"""Backups: what they are of, and what each says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rag_server.core.documents import GenerationSettings
from rag_server.core.metadata_schema import MetadataSchema

# Told (phase, done, total) now and then; what it raises ends the work.
Progress = Callable[[str, int, int], None]


def silent(phase: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del phase, done, total


@dataclass(frozen=True, slots=True)
class Scope:
    """What a backup is of: the whole server, the collections of one tenant, or one of them
    (which needs its tenant)."""

    tenant: str | None = None
    collection: str | None = None

    def covers(self, tenant: str, collection: str) -> bool:
        """Whether a collection belongs to it."""
        return self.tenant in (None, tenant) and self.collection in (None, collection)


class BackupKind(StrEnum):
    """Whether a backup stands alone; names of `ragrpc.v1.Backup.Kind`."""

    FULL = "FULL"
    INCREMENTAL = "INCREMENTAL"


@dataclass(frozen=True, slots=True)
class SavedCollection:
    """The state of one collection, at one revision, that a backup restores.

    `origin` is its row in the catalog that was backed up. `since`: the parent of the backup has
    its state at that revision, and the backup only what came after; None: the backup has all.
    `digest` is that of its documents (ids and fingerprints, in any order). `files` hold it, the
    first of them also which documents are live.
    """

    tenant: str
    name: str
    description: str
    origin: int
    created_at: datetime
    revision: int
    committed_at: int | None
    generation: int
    settings: GenerationSettings
    documents: int
    chunks: int
    digest: str
    since: int | None = None
    files: tuple[str, ...] = ()
    metadata_schema: MetadataSchema | None = None


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file of a backup: its size in bytes and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """A published backup. `id`s ascend in time. `parent`: what an incremental one builds on.
    `program` and `schema` made it; `keys`: how many API keys it holds."""

    id: str
    parent: str | None
    scope: Scope
    created_at: datetime
    program: str
    schema: str
    collections: Sequence[SavedCollection] = ()
    files: Sequence[SavedFile] = ()
    keys: int = 0

    @property
    def kind(self) -> BackupKind:
        """Whether it stands alone."""
        return BackupKind.FULL if self.parent is None else BackupKind.INCREMENTAL

    @property
    def size(self) -> int:
        """Bytes of all of its files but the manifest."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to restore of a backup, and where to. `collection` None: all that `scope` covers,
    under their own names. `tenant` and `name`: under another tenant or name; a name is for one
    collection only. `replace`: what has the name already goes in the same moment."""

    scope: Scope = field(default_factory=Scope)
    tenant: str | None = None
    name: str | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification restored and compared."""

    collections: int
    documents: int
    chunks: int
    queries: int
