"""What is left when a process is killed while Chroma writes a graph to its files."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag_server.core.call import Deadline
from rag_server.core.documents import IndexSettings
from rag_server.core.protocols import Changes
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine

IDENTITY = "0123456789abcdef"
# Chroma writes a graph after so many records.
MANY = 1_100
WRITTEN, YOUNG = "c1-g1", "c2-g1"


def vectors(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)


def opened(path: Path) -> ChromaIndex:
    return ChromaIndex(EmbeddedEngine(path), IDENTITY)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A directory with one part that is on disk, and one that is in Chroma's log so far."""
    index = opened(tmp_path)
    for name, count in ((WRITTEN, MANY), (YOUNG, 3)):
        index.prepare(name, IndexSettings())
        index.apply(name, Changes(5, [f"{n:04}" for n in range(count)], vectors(count)))
        index.search(name, vectors(1)[0], 1, Deadline(30.0))
    index.close()
    return tmp_path


def before_the_records(graph: Path, records: Path) -> None:
    later = records.stat().st_mtime_ns + 50_000_000
    os.utime(graph, ns=(later, later))


def within_the_records(graph: Path, records: Path) -> None:
    records.write_bytes(records.read_bytes()[:-4])


def at_their_beginning(graph: Path, records: Path) -> None:
    records.write_bytes(b"")


def test_what_is_whole_stays(left: Path) -> None:
    index = opened(left)
    assert {name: index.applied(name) for name in index.names()} == {WRITTEN: 5, YOUNG: 5}
    index.close()


@pytest.mark.parametrize("killed", [before_the_records, within_the_records, at_their_beginning])
def test_a_torn_part_is_gone_and_can_be_filled_again(
    left: Path, killed: Callable[[Path, Path], None]
) -> None:
    (records,) = left.glob("*/index_metadata.pickle")
    killed(records.with_name("data_level0.bin"), records)
    index = opened(left)
    assert {name: index.applied(name) for name in index.names()} == {YOUNG: 5}
    index.prepare(WRITTEN, IndexSettings())
    index.apply(WRITTEN, Changes(5, ["a", "b"], vectors(2)))
    found = index.search(WRITTEN, vectors(1)[0], 9, Deadline(30.0), applied=5)
    assert [entry for entry, _ in found] == ["a", "b"]
    index.close()
