"""Long work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rag_client.errors import RagError
from rag_client.types.chunking import Chunking
from rag_client.values import Metadata


class JobState(StrEnum):
    """Where a job is."""

    UNSPECIFIED = "unspecified"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the server knows it. `done` of `total` steps of the `phase` are done (`total`
    0: unknown); `attempt` counts how often it was begun or taken over since it last got
    further. `spec` is what was asked for, `result` what came of it, `error` why it failed."""

    id: str
    kind: str
    collection: str
    server_wide: bool
    state: JobState
    phase: str
    done: int
    total: int
    attempt: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    ended_at: datetime | None
    spec: Metadata
    result: Metadata
    error: RagError | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class Reindexing:
    """What the next generation of a collection is made with; None: as it is.

    `ef_construction` and `ef_search` (1 to 2,000) and `max_neighbors` (2 to 128) are of the
    vector index. `share` of the time that is worked (0.01 to 1; None: all of it),
    `documents_per_second` at most (None: as many as there are).
    """

    chunking: Chunking | None = None
    embedder: str | None = None
    ef_construction: int | None = None
    ef_search: int | None = None
    max_neighbors: int | None = None
    share: float | None = None
    documents_per_second: float | None = None
