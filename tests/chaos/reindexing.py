"""A collection that gets other chunks and vectors while it is written to and read."""

import random
import time

from rag_client import (
    AlreadyExists,
    Job,
    JobState,
    RagClient,
    RagError,
    RecursiveChunking,
    Reindexing,
)
from tests.chaos.inspection import COLLECTION
from tests.chaos.tally import Tally
from tests.chaos.writers import gone
from tests.embedders import HashingEmbedder, SmallHashingEmbedder
from tests.serving import ServerProcess

_KIND = "reindex"
_OPEN = (JobState.QUEUED, JobState.RUNNING)
_MAX_TOKENS = (32, 64, 96)
_EMBEDDERS = (None, HashingEmbedder.name, SmallHashingEmbedder.name)
# Longest time until a reindexing that has not ended is cancelled.
_SECOND_THOUGHTS = 4.0
_GLANCE_SECONDS = 0.1
_SETTLED_SECONDS = 120.0
# Begun too often, which kills bring about; or its collection was replaced by a backup.
_EXPECTED = ("JOB_GAVE_UP", "COLLECTION_NOT_FOUND")


class Reindexer:
    """One reindexing after the other; some are cancelled."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def live(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        """Returns when the server was killed."""
        try:
            while not gone(server, _GLANCE_SECONDS):
                self._one(server, rag, drawn)
        except RagError:
            if not gone(server):
                raise

    def settle(self, rag: RagClient) -> None:
        """After a restart: whatever was under way is taken over and comes to its end."""
        until = time.monotonic() + _SETTLED_SECONDS
        while (left := _open(rag)) and time.monotonic() < until:
            time.sleep(_GLANCE_SECONDS)
        self._tally.require(not left, f"a reindexing that ends: {left}")

    def _one(self, server: ServerProcess, rag: RagClient, drawn: random.Random) -> None:
        job = _begin(rag, drawn)
        until = time.monotonic() + drawn.uniform(0.0, _SECOND_THOUGHTS)
        while not job.ended:
            if gone(server, _GLANCE_SECONDS):
                return
            late = time.monotonic() > until and not job.cancel_requested
            job = rag.jobs.cancel(job.id) if late else rag.jobs.get(job.id)
        self._count(job)

    def _count(self, job: Job) -> None:
        self._tally.count_job(job.state)
        reason = job.error.reason if job.error else ""
        fair = job.state is not JobState.FAILED or reason in _EXPECTED
        self._tally.require(fair, f"a reindexing, which failed by {reason}")


def _begin(rag: RagClient, drawn: random.Random) -> Job:
    """A new job, or the one that another life of the server has left."""
    asked = Reindexing(
        RecursiveChunking(drawn.choice(_MAX_TOKENS)), embedder=drawn.choice(_EMBEDDERS)
    )
    try:
        return rag.collections.reindex(COLLECTION, asked)
    except AlreadyExists:
        left = _open(rag)
        return left[0] if left else _begin(rag, drawn)


def _open(rag: RagClient) -> list[Job]:
    return list(rag.jobs.list(kind=_KIND, collection=COLLECTION, states=_OPEN))
