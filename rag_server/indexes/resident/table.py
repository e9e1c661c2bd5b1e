"""Which chunks a generation has, and which revisions see them.

A *slot* is the place of a chunk, a document or an embedding in its arrays, from 0. The chunks
of one document that a revision made stand one after the other and live and die together, so
they share a document slot, where their revisions are; a document that is built again gets
another slot.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rag_server.core.chunk_log import ALIVE, ChunkRows, Rows
from rag_server.core.values import Metadata
from rag_server.indexes.resident.columns import Columns
from rag_server.indexes.resident.grown import Grown
from rag_server.indexes.resident.places import Places

Slots = NDArray[np.int64]
# No slot.
NONE = -1


class Table:
    """Appended to by one thread while others read snapshots of it."""

    def __init__(self) -> None:
        self.columns = Columns()
        # By chunk.
        self.rows, self.ids = Grown(np.int64), Grown("S1")
        self.documents, self.embeddings = Grown(np.int32), Grown(np.int32)
        # The chunk before it with the same embedding.
        self.twins = Grown(np.int32)
        # By document: the catalog's row, its first chunk, its revisions.
        self.document_rows, self.firsts = Grown(np.int64), Grown(np.int64)
        self.created, self.deleted = Grown(np.int64), Grown(np.int64)
        # By embedding, told apart by their keys: the catalog's row, the last chunk that has it.
        self.embedding_rows, self.lasts = Grown(np.int64), Grown(np.int32)
        self.row_places, self.key_places = Places(), Places()
        self.dead = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        grown = (
            *(self.rows, self.ids, self.documents, self.embeddings, self.twins),
            *(self.document_rows, self.firsts, self.created, self.deleted),
            *(self.embedding_rows, self.lasts),
        )
        places = self.row_places.nbytes + self.key_places.nbytes
        return sum(each.nbytes for each in grown) + places + self.columns.nbytes

    def extend(self, new: ChunkRows, metadata: Mapping[int, Metadata]) -> None:
        """Append chunks that are not there yet, with the metadata of their documents by row."""
        if not len(new):
            return
        starts = _starts(new)
        first_chunk, first_document = len(self.rows), len(self.document_rows)
        counts = np.diff(np.append(starts, len(new)))
        documents = new.documents[starts]
        self._link(new.keys, new.embeddings)
        self.rows.extend(new.rows)
        self.ids.extend(new.ids)
        self.documents.extend(np.repeat(np.arange(len(starts)) + first_document, counts))
        self.firsts.extend(starts + first_chunk)
        self.document_rows.extend(documents)
        self.created.extend(new.created[starts])
        self.deleted.extend(new.deleted[starts])
        # What is purged meanwhile nobody sees any more: its metadata does not matter.
        self.columns.add([metadata.get(row, {}) for row in documents.tolist()])
        self.row_places.add(new.rows)
        self.dead += int(counts[new.deleted[starts] != ALIVE].sum())

    def end(self, rows: Rows, revisions: Rows) -> None:
        """Chunks that were deleted; unknown rows are fine."""
        at = self.row_places.find(rows)
        documents = self.documents.items[at[at != NONE]]
        self.dead += int((self.deleted.items[documents] == ALIVE).sum())
        self.deleted.items[documents] = revisions[at != NONE]

    def _link(self, keys: Rows, embeddings: Rows) -> None:
        """Give each chunk its embedding slot, and chain it to those that share it."""
        slots = self._slots_of(keys)
        # One that was removed and stored again has another row.
        self.embedding_rows.items[slots] = embeddings
        twins = self.lasts.items[slots]
        lasts: dict[int, int] = {}
        for index, slot in enumerate(slots.tolist()):
            twins[index] = lasts.get(slot, twins[index])
            lasts[slot] = len(self.rows) + index
        self.embeddings.extend(slots)
        # Before the chains begin with them: a reader may follow one at any time.
        self.twins.extend(twins)
        self.lasts.items[[*lasts]] = [*lasts.values()]

    def _slots_of(self, keys: Rows) -> Slots:
        slots = self.key_places.find(keys)
        new = keys[slots == NONE]
        if not len(new):
            return slots
        # In the order in which they come, so that chunks that lie together do so here.
        distinct, at = np.unique(new, return_index=True)
        distinct = distinct[np.argsort(at)]
        self.embedding_rows.extend(np.zeros(len(distinct), np.int64))
        self.lasts.extend(np.full(len(distinct), NONE, np.int32))
        self.key_places.add(distinct)
        return self.key_places.find(keys)


def _starts(new: ChunkRows) -> Slots:
    """Where the chunks of another document, or of another build of it, begin."""
    changes = np.ones(len(new), np.bool_)
    changes[1:] = False
    for column in (new.documents, new.created, new.deleted):
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)
