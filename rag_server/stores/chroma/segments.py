"""The graphs that an embedded Chroma keeps on disk, and which of them a kill has torn.

From time to time Chroma writes a graph to its files, in place, and then a pickle that says which
records are in it. What was killed in between has a graph of one state beside the records of
another, and goes on from there without a word: some of its nodes are never found again, or
none can be read any more.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

_DATABASE = "chroma.sqlite3"
_GRAPH = "*.bin"
_RECORDS = "index_metadata.pickle"
# Every pickle ends so.
_STOP = b"."
_OF_VECTORS = """
SELECT segments.id, collections.name FROM segments JOIN collections
ON collections.id = segments.collection WHERE segments.scope = 'VECTOR'
"""


def torn(path: Path) -> list[str]:
    """Names of the collections in a directory of Chroma's, which nobody has open, whose graph
    was being written when it was left."""
    if not (path / _DATABASE).exists():
        return []
    with closing(sqlite3.connect(path / _DATABASE)) as connection:
        segments = connection.execute(_OF_VECTORS).fetchall()
    return [name for segment, name in segments if _is_torn(path / segment)]


def _is_torn(segment: Path) -> bool:
    records = segment / _RECORDS
    if not records.exists():
        # Never written: whatever is there, Chroma begins anew from its log.
        return False
    written = records.stat().st_mtime_ns
    return not _is_whole(records) or any(
        file.stat().st_mtime_ns > written for file in segment.glob(_GRAPH)
    )


def _is_whole(pickle: Path) -> bool:
    return pickle.read_bytes()[-len(_STOP) :] == _STOP
