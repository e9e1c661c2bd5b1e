"""What a Retrieve is made of, done directly in one process: the floor under the service."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import chromadb
from chromadb.config import Settings as ChromaSettings

from rag_server.core.documents import Vector
from rag_server.embedders import EMBEDDERS
from rag_server.settings import Settings
from rag_server.stores.catalog.sqlite import FILE, connect
from tests.bench.clients import TOP_K

_ROWS = f"""
SELECT c.chunk_id, c.ordinal, c.span_start, c.span_end, c.text, d.document_id, d.title, d.metadata
FROM embeddings e CROSS JOIN chunks c ON c.embedding = e.id JOIN documents d ON d.id = c.document
WHERE c.collection_id = 1 AND c.generation = 1 AND e.key IN ({",".join("?" * TOP_K)})
"""


@dataclass(frozen=True, slots=True)
class PartTimes:
    """Seconds of each part for one question."""

    embed: float
    search: float
    rows: float

    @property
    def total(self) -> float:
        """Seconds of all parts."""
        return self.embed + self.search + self.rows


class Parts:
    """The shipped embedder, a bare Chroma client and a bare SQLite connection over a copy of
    a server's data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._cache: dict[str, Vector] = {}
        self._model = EMBEDDERS["minilm"](Settings().data.cache_directory)
        client = chromadb.PersistentClient(
            str(data_dir / "chroma"), ChromaSettings(anonymized_telemetry=False)
        )
        (self._vectors,) = client.list_collections()
        self._catalog: sqlite3.Connection = connect(data_dir / FILE)

    def take(self, question: str) -> PartTimes:
        """One question through all parts."""
        began = perf_counter()
        return self._take(self._model.embed_query(question), began)

    def take_cached(self, question: str) -> PartTimes:
        """The same with the question's vector from a cache; it is made at the first time."""
        if question not in self._cache:
            self._cache[question] = self._model.embed_query(question)
        return self._take(self._cache[question], perf_counter())

    def _take(self, vector: Vector, began: float) -> PartTimes:
        embedded = perf_counter()
        keys = [bytes.fromhex(entry) for entry in self._search(vector)]
        searched = perf_counter()
        rows = self._catalog.execute(_ROWS, keys).fetchall()
        read = perf_counter()
        if len(rows) != TOP_K:
            raise RuntimeError(f"{len(rows)} rows instead of {TOP_K}")
        return PartTimes(embedded - began, searched - embedded, read - searched)

    def _search(self, vector: Vector) -> list[str]:
        found = self._vectors.query(query_embeddings=vector, n_results=TOP_K, include=[])
        return found["ids"][0]
