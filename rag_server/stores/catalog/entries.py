"""Which chunks the entries of a vector index stand for."""

from collections.abc import Iterator, Sequence

from rag_server.core.documents import View
from rag_server.stores.catalog.cursor import Cursor, Row

# Entries of one statement, and rows of it: nearly all entries stand for one chunk each. Those
# of a statement that would give more are looked at one by one, a page of chunks at a time.
_SLICE = 256
_MOST_ROWS = 1_024
_PAGE = 1_024

_OF = """
FROM embeddings e CROSS JOIN chunks c INDEXED BY chunks_by_embedding ON c.embedding = e.id
JOIN documents d ON d.id = c.document
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?)
"""
_AT_ONCE = f"AND e.key IN (*) LIMIT {_MOST_ROWS}"
_PAGEWISE = f"""
SELECT c.id, c.chunk_id, c.document {_OF} AND e.key = ? AND c.chunk_id > ?
ORDER BY c.chunk_id LIMIT {_PAGE}
"""


def entry_of(key: bytes) -> str:
    """The entry of an embedding."""
    return key.hex()


def keys_of(entries: Sequence[str]) -> list[bytes]:
    """Keys of those entries that have the form of one; an index may hold anything."""
    keys = []
    for entry in entries:
        try:
            keys.append(bytes.fromhex(entry))
        except ValueError:
            continue
    return keys


def slices(entries: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as one statement takes."""
    for start in range(0, len(entries), _SLICE):
        yield entries[start : start + _SLICE]


class Entries:
    """Reads what is visible by entry, bounded however many chunks are equal."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def all(self, columns: str, view: View, entries: Sequence[str]) -> list[Row] | None:
        """(*columns, key) of all visible chunks of a slice, in any order; None where they are
        too many. `columns`: "SELECT" and some of `c`, chunks, and `d`, documents."""
        sql = f"{columns}, e.key {_OF} {_AT_ONCE}"
        rows = self._cursor.rows_in(sql, _pinned(view), keys_of(entries))
        return None if len(rows) == _MOST_ROWS else rows

    def first(
        self, view: View, entries: Sequence[str], each: int, documents: set[int] | None
    ) -> dict[str, list[tuple[int, str]]]:
        """(row, chunk id) of the first `each` by chunk id of each entry, of the given document
        rows (None: all)."""
        return {entry: self._first(view, entry, each, documents) for entry in entries}

    def _first(
        self, view: View, entry: str, each: int, documents: set[int] | None
    ) -> list[tuple[int, str]]:
        kept: list[tuple[int, str]] = []
        for page in self._pages(view, entry):
            kept += [
                (row, chunk_id)
                for row, chunk_id, document in page
                if documents is None or document in documents
            ]
            if len(kept) >= each:
                break
        return kept[:each]

    def _pages(self, view: View, entry: str) -> Iterator[list[Row]]:
        for key in keys_of([entry]):
            after, full = "", True
            while full:
                page = self._cursor.rows(_PAGEWISE, (*_pinned(view), key, after))
                yield page
                full = len(page) == _PAGE
                after = page[-1][1] if page else ""


def _pinned(view: View) -> Row:
    return view.collection_id, view.generation, view.revision, view.revision
