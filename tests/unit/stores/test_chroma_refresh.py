"""What is known of the parts when others, and the index itself, change them at the same time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from rag_server.core.call import Deadline
from rag_server.core.documents import IndexSettings
from rag_server.core.protocols import Changes
from rag_server.stores.chroma import ChromaIndex, EmbeddedEngine
from rag_server.stores.chroma.session import Session

T = TypeVar("T")


class Meanwhile(EmbeddedEngine):
    """Chroma in this process that counts as shared; something happens between its next
    answer and the moment that the index hears it."""

    shared = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.then: Callable[[], None] = lambda: None

    def read(self, work: Callable[[Session], T], deadline: Deadline) -> T:
        answer = super().read(work, deadline)
        then, self.then = self.then, lambda: None
        then()
        return answer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Meanwhile]:
    made = Meanwhile(tmp_path / "chroma")
    yield made
    made.close()


@pytest.fixture
def index(engine: Meanwhile) -> ChromaIndex:
    made = ChromaIndex(engine, "0123456789abcdef")
    made.refresh()
    made.prepare("c1-g1", IndexSettings())
    made.apply("c1-g1", changes(3))
    return made


def changes(upto: int) -> Changes:
    return Changes(upto, [f"chunk-{upto}"], np.eye(1, 4, dtype=np.float32))


def test_an_older_answer_takes_nothing_back(engine: Meanwhile, index: ChromaIndex) -> None:
    engine.then = lambda: index.apply("c1-g1", changes(5))
    index.refresh()
    assert index.applied("c1-g1") == 5
    index.refresh()
    assert index.applied("c1-g1") == 5


def test_what_was_dropped_meanwhile_stays_dropped(engine: Meanwhile, index: ChromaIndex) -> None:
    engine.then = lambda: index.drop("c1-g1")
    index.refresh()
    assert index.names() == []


def test_what_was_made_meanwhile_stays(engine: Meanwhile, index: ChromaIndex) -> None:
    engine.then = lambda: index.prepare("c2-g1", IndexSettings())
    index.refresh()
    assert index.names() == ["c1-g1", "c2-g1"]
