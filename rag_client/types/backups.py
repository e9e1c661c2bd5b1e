"""Backups."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BackupKind(StrEnum):
    """Whether a backup stands alone."""

    UNSPECIFIED = "unspecified"
    FULL = "full"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class BackedUpCollection:
    """A collection in a backup, as it was at one revision."""

    name: str
    revision: int
    document_count: int
    chunk_count: int
    embedder: str


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup. An incremental one builds on `parent_id`. `collection`: what it is of; empty:
    all of the tenant, or of the whole server, of which the caller's part is shown."""

    id: str
    kind: BackupKind
    parent_id: str
    server_wide: bool
    collection: str
    created_at: datetime
    size_bytes: int
    program_version: str
    collections: tuple[BackedUpCollection, ...]
