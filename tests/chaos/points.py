"""The named points of the write path, and a telemetry that kills the process at one of them."""

import os
import signal
from collections import Counter
from threading import Lock
from typing import Any

from rag_server.core.telemetry import Telemetry

# By the order in which a write passes them.
POINTS = (
    "ingest.embedded",
    "commit.begin",
    "commit.inside",
    "commit.durable",
    "ingest.committed",
    "stream.answered",
    "index.begin",
    "index.inside",
    "index.done",
    "lexical.begin",
    "lexical.inside",
    "lexical.done",
)
# By the order in which a job passes them; the removal of what was deleted is one.
JOBS = ("job.claimed", "garbage.removed", "garbage.dropped", "job.done", "job.undone")
REINDEX = ("reindex.begun", "reindex.batch", "reindex.swap", "reindex.swapped")
# By the order in which a change of the schema passes them.
MIGRATION = (
    "migrate.copy",
    "migrate.copied",
    "migrate.begin",
    "migrate.step",
    "migrate.inside",
    "migrate.done",
)
# By the order in which a backup, and then its restoration, passes them.
BACKUPS = (
    "backup.segment",
    "backup.manifest",
    "backup.done",
    "restore.batch",
    "restore.swap",
    "restore.done",
)
# Where `make chaos` kills once each.
ALL_POINTS = (*POINTS, *JOBS, *REINDEX, *MIGRATION, *BACKUPS)
# Said on standard output before.
KILLED = "killed at the point"


class Crashing:
    """A Telemetry that passes everything on, and SIGKILLs its own process when it reaches
    `point` for the `visit`-th time (from 1)."""

    def __init__(self, inner: Telemetry, point: str, visit: int) -> None:
        self._inner = inner
        self._point = point
        self._visit = visit
        self._visits: Counter[str] = Counter()
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def reached(self, point: str) -> None:
        """Count the visit; die if it is the one."""
        with self._lock:
            self._visits[point] += 1
            if point == self._point and self._visits[point] == self._visit:
                os.write(1, f"{KILLED}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
