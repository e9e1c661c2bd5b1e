"""Verifying: a backup is really restored, into a scratch catalog, and what that answers is
compared with what the files hold."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_server.core.backups import Backup, Progress, SavedCollection, Verdict
from rag_server.core.documents import View
from rag_server.core.protocols import Catalog
from rag_server.stores.backup.archive import Archive
from rag_server.stores.backup.manifest import corrupt
from rag_server.stores.backup.neighbours import Neighbours
from rag_server.stores.backup.restoration import Part, parts
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.dump import CHUNK_COLUMNS, EMBEDDING_COLUMNS

# Queries of a collection, how many neighbours of each are compared, and how many chunks are
# read at a time.
_QUERIES = 8
_NEIGHBOURS = 10
_STRETCH = 2_000

_CHUNK_ID = [column.name for column in CHUNK_COLUMNS].index("chunk_id")
_KEY = len(CHUNK_COLUMNS)
_VECTOR = [column.name for column in EMBEDDING_COLUMNS].index("vector")


class Verification:
    """Compares restored collections with the files that they came from."""

    def __init__(self, archive: Archive, catalog: Catalog, progress: Progress) -> None:
        """`catalog` is what was restored into."""
        self._archive = archive
        self._catalog = catalog
        self._progress = progress

    def compare(
        self, backup: Backup, restored: Sequence[tuple[SavedCollection, View]], scratch: Path
    ) -> Verdict:
        """What was compared. Raises DataLoss at the first difference."""
        queries = 0
        for saved, view in restored:
            queries += self._collection(backup, saved, view, scratch)
        return Verdict(
            collections=len(restored),
            documents=sum(saved.documents for saved, _ in restored),
            chunks=sum(saved.chunks for saved, _ in restored),
            queries=queries,
        )

    def _collection(self, backup: Backup, saved: SavedCollection, view: View, scratch: Path) -> int:
        queries = self._sample(view)
        expected, found = Neighbours(queries, _NEIGHBOURS), Neighbours(queries, _NEIGHBOURS)
        done = 0
        for part in parts(self._archive, backup, saved, scratch):
            self._progress("comparing", done, saved.documents)
            done += len(part.load.documents)
            self._documents(backup, part, view)
            _add(part, expected)
        self._stored(view, found)
        if expected.best() != found.best():
            raise corrupt(backup.id, f"queries of {saved.name} find other neighbours")
        return len(queries)

    def _documents(self, backup: Backup, part: Part, view: View) -> None:
        for row in part.load.documents:
            number, name = row[:2]
            document = self._catalog.documents.get(view, name)
            if document is None or sha256(document.text.encode()).digest() != part.hashes[number]:
                raise corrupt(backup.id, "a document's text differs")
            self._spans(backup, view, name, document.text.encode(), document.chunk_count)

    def _spans(self, backup: Backup, view: View, id: str, text: bytes, count: int) -> None:
        chunks = self._catalog.reader.of_document(view, id, -1, count + 1) or []
        if len(chunks) != count:
            raise corrupt(backup.id, "a document has another number of chunks")
        if any(chunk.span.of(text) != chunk.text.encode() for chunk in chunks):
            raise corrupt(backup.id, "a chunk's text is not what its span says")

    def _sample(self, view: View) -> NDArray[np.float32]:
        """Some stored vectors of the first stretch, far apart."""
        vectors = self._catalog.feed.changes(view, 0, _STRETCH).vectors
        step = max(1, len(vectors) // _QUERIES)
        return vectors[::step][:_QUERIES]

    def _stored(self, view: View, found: Neighbours) -> None:
        applied = 0
        while applied < view.revision:
            upto = self._catalog.feed.changes(view, applied, _STRETCH).upto
            stretch = replace(view, revision=upto)
            chunks, vectors = self._catalog.chunks.vectors(stretch, since=applied)
            applied = upto
            if chunks:
                found.add([chunk_id for _, chunk_id in chunks], vectors)


def _add(part: Part, expected: Neighbours) -> None:
    vectors = {row[0]: row[_VECTOR] for row in part.load.embeddings}
    own = [row for row in part.load.chunks if row[0] in part.hashes]
    if own:
        matrix = unpack_vectors([vectors[row[_KEY]] for row in own])
        expected.add([row[_CHUNK_ID] for row in own], matrix)
