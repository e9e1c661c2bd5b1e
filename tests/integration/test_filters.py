"""What a filter lets through is what a plain evaluation lets through, whoever serves."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_client import (
    DenseRetriever,
    Document,
    LexicalRetriever,
    PipelineSpec,
    RagClient,
    Retrieval,
    RetrieveRequest,
)
from tests.conditions import CONDITIONS, Condition, metadata
from tests.serving import ServerProcess, serving
from tests.waiting import eventually

COLLECTION = "varied"
QUESTION = "Which note tells of the harbour?"
# Fewer than a hybrid asks of each part, so that none of them cuts what passes.
COUNT = 80
# Of one call to BatchRetrieve, whose hits are bounded.
AT_ONCE = 4
PIPELINES = {
    "dense": PipelineSpec(DenseRetriever()),
    "lexical": PipelineSpec(LexicalRetriever()),
    "default": None,
}
# A server whose columns are never loaded, so that the catalog evaluates filters.
WITHOUT_COLUMNS = """
from rag_server.__main__ import main
from rag_server.indexes.resident.index import ResidentIndex
ResidentIndex.start = lambda self: None
main()
"""


def _documents() -> list[Document]:
    drawn = Random(4)
    return [
        Document(
            f"d{number}",
            f"Note {number} tells of the harbour and of ship {drawn.randrange(1_000)}.",
            metadata=metadata(drawn),
        )
        for number in range(COUNT)
    ]


DOCUMENTS = _documents()


@dataclass
class Asked:
    """A client, and how each pipeline orders all documents."""

    rag: RagClient
    orders: dict[str, list[str]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with all documents."""
    directory = tmp_path_factory.mktemp("filters") / "data"
    with serving(directory) as server, RagClient(server.address) as rag:
        rag.collections.create(COLLECTION)
        rag.documents.upsert(COLLECTION, DOCUMENTS)
    return directory


@pytest.fixture(scope="module", params=["memory", "catalog"])
def asked(request: pytest.FixtureRequest, filled: Path) -> Iterator[Asked]:
    with _served(filled, by=request.param) as server, RagClient(server.address) as rag:
        in_memory = request.param == "memory"
        eventually(lambda: in_memory != ("catalog" in _all(rag, "dense").provenance.served_by))
        yield Asked(rag, {name: _ids(_all(rag, name)) for name in PIPELINES})


def _served(directory: Path, by: str) -> AbstractContextManager[ServerProcess]:
    if by == "memory":
        return serving(directory)
    return serving(directory, command=(sys.executable, "-c", WITHOUT_COLUMNS, "serve"))


def _request(pipeline: str, condition: Condition | None = None) -> RetrieveRequest:
    passing = condition.filter if condition else None
    return RetrieveRequest(COLLECTION, QUESTION, COUNT, passing, spec=PIPELINES[pipeline])


def _all(rag: RagClient, pipeline: str) -> Retrieval:
    (found,) = rag.batch_retrieve([_request(pipeline)])
    assert isinstance(found, Retrieval)
    return found


def _ids(found: Retrieval) -> list[str]:
    return [hit.document_id for hit in found.hits]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions=st.lists(CONDITIONS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_what_passes_is_found_and_nothing_else(asked: Asked, conditions: list[Condition]) -> None:
    for pipeline, order in asked.orders.items():
        assert sorted(order) == sorted(each.id for each in DOCUMENTS)
        results = asked.rag.batch_retrieve([_request(pipeline, each) for each in conditions])
        for condition, found in zip(conditions, results, strict=True):
            assert isinstance(found, Retrieval)
            passing = {each.id for each in DOCUMENTS if condition.passes(each.metadata)}
            expected = [each for each in order if each in passing]
            # Scores of a hybrid are relative to what is fused, its order is another one.
            hits = sorted(_ids(found), key=order.index) if pipeline == "default" else _ids(found)
            assert hits == expected, pipeline
