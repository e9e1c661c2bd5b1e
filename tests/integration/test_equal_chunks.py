"""Many chunks of one text hide nothing else, however Chroma is reached."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rag_client import DenseRetriever, Document, PipelineSpec, RagClient
from tests.chroma_server import chroma_server
from tests.serving import serving

EQUAL, OTHERS = 300, 50
DENSE = PipelineSpec(DenseRetriever())
FOOTER = "All rights reserved by the owner of these pages."
# Whatever is found was found by the index.
ENVIRONMENT = {
    "RAGRPC_RESIDENT__MEMORY_BYTES": "0",
    "RAGRPC_RETRIEVAL__EXACT_SCAN_LIMIT": "1",
    "RAGRPC_RETRIEVAL__TAIL_LIMIT": "1",
}


def other(number: int) -> str:
    return f"Room {number} of the house is painted in shade {number * number}."


@pytest.fixture(params=["embedded", "server"])
def rag(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RagClient]:
    with ExitStack() as stack:
        environment = dict(ENVIRONMENT)
        if request.param == "server":
            chroma = stack.enter_context(chroma_server(tmp_path / "chroma"))
            environment["RAGRPC_CHROMA__MODE"] = "server"
            environment["RAGRPC_CHROMA__PORT"] = str(chroma.port)
        server = stack.enter_context(serving(tmp_path / "data", env=environment))
        yield stack.enter_context(RagClient(server.address))


def test_all_others_are_found_without_a_filter(rag: RagClient) -> None:
    rag.collections.create("docs")
    footers = [Document(f"footer-{n:03}", FOOTER) for n in range(EQUAL)]
    rooms = [Document(f"room-{n:02}", other(n)) for n in range(OTHERS)]
    for documents in (footers[:100], rooms, footers[100:]):
        rag.documents.upsert("docs", documents).raise_for_failures()
    for number in range(OTHERS):
        found = rag.retrieve("docs", other(number), spec=DENSE, top_k=1, explain=True)
        assert [hit.document_id for hit in found.hits] == [f"room-{number:02}"]
        assert [step.step for step in found.funnel][:2] == ["index", "visible"]
        assert not found.degradations
    equal = rag.retrieve("docs", FOOTER, spec=DENSE, top_k=100)
    assert len({hit.document_id for hit in equal.hits}) == 100
    assert {hit.score for hit in equal.hits} == {equal.hits[0].score}
    assert all(hit.document_id.startswith("footer") for hit in equal.hits)
