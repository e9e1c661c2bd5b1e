"""The server that a set is measured on: a real process over a data directory of its own.

What was embedded stays there from run to run.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag_server.stores.migration import REVISIONS
from tests.evaluation.discovery import Directory
from tests.serving import ServerProcess, serving

# A question's vector is computed for every call: the same questions are asked of every pipeline.
_ENVIRONMENT = {"RAGRPC_EMBEDDER__QUERY_CACHE_SIZE": "0", "OPENBLAS_NUM_THREADS": "1"}


def cache_directory() -> Path:
    """Where data directories are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ragrpc" / "eval"


@dataclass(frozen=True, slots=True)
class Launch:
    """How servers are started. `embedder` tells data directories of different models apart;
    `token_vectors`: collections keep those of their chunks."""

    cache: Path = field(default_factory=cache_directory)
    embedder: str = "minilm"
    command: Sequence[str] = (sys.executable, "-m", "rag_server", "serve")
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(_ENVIRONMENT))
    fresh: bool = False
    token_vectors: bool = False

    def data_directory(self, directory: Directory) -> Path:
        """That of a set; another one where the set lies elsewhere, or the catalog's schema is
        another, since a server does not go back."""
        told = f"{directory.path}\n{REVISIONS[-1]}"
        digest = hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:12]
        kept = "-tokens" if self.token_vectors else ""
        return self.cache / f"{directory.name}-{self.embedder}{kept}-{digest}"

    @contextmanager
    def serving(self, directory: Directory) -> Iterator[ServerProcess]:
        """A server for a set, stopped in the end."""
        data = self.data_directory(directory)
        if self.fresh:
            shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, exist_ok=True)
        with serving(data, *self.arguments, env=self.environment, command=self.command) as server:
            yield server
