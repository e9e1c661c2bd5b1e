"""Spans of a real server at a real collector."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ragrpc.v1 import rag_service_pb2 as pb

from rag_client import Document, RagClient
from tests.collector import Collector, collecting
from tests.serving import ServerProcess, serving

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture
def traced(collector: Collector, tmp_path: Path) -> Iterator[ServerProcess]:
    """Samples what the caller samples, and nothing else."""
    environment = {
        "RAGRPC_TRACING__OTLP_ENDPOINT": collector.endpoint,
        "RAGRPC_TRACING__SAMPLE_RATIO": "0",
    }
    with serving(tmp_path / "data", env=environment) as server:
        yield server


def ask(server: ServerProcess, *, sampled: bool) -> None:
    with grpc.insecure_channel(server.address) as channel:
        call: Any = channel.unary_unary(
            "/ragrpc.v1.RagService/Retrieve",
            request_serializer=pb.RetrieveRequest.SerializeToString,
        )
        parent = f"00-{TRACE}-b7ad6b7169203331-{sampled:02d}"
        request = pb.RetrieveRequest(collection="cats", query="Which animal purrs secretly?")
        call(request, timeout=30, metadata=(("traceparent", parent),))


def test_a_sampled_call_gives_spans_of_the_call_and_its_stages(
    traced: ServerProcess, collector: Collector
) -> None:
    with RagClient(traced.address) as rag:
        rag.collections.create("cats")
        rag.documents.upsert("cats", [Document("a", "Cats purr.")])
    ask(traced, sampled=False)
    ask(traced, sampled=True)
    traced.stop()
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    names = [span.name for span in collector.spans]
    assert {"embed", "search", "read"} <= set(names)
    (root,) = [span for span in collector.spans if "Retrieve" in span.name]
    searches = [span for span in collector.spans if span.name == "search"]
    assert [span.parent_span_id for span in searches] == [root.span_id]
    # What callers send never leaves the process.
    assert all("secretly" not in str(span) for span in collector.spans)
