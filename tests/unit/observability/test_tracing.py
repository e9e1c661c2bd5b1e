import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from rag_server.core.call import Deadline
from rag_server.observability.metrics import Metrics
from rag_server.observability.telemetry import Observer
from rag_server.observability.tracing import Tracing
from rag_server.resilience.pool import BoundedPool
from tests.collector import Collector, collecting

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{PARENT}-01"
UNSAMPLED = f"00-{TRACE}-{PARENT}-00"

Handler = Callable[[bytes, Any], Awaitable[bytes]]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@asynccontextmanager
async def echo(tracing: Tracing, handler: Handler) -> AsyncIterator[Callable[..., Any]]:
    server = grpc.aio.server(interceptors=[tracing.server_interceptor()])
    methods: dict[str, Any] = {"Echo": grpc.unary_unary_rpc_method_handler(handler)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.Test", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_unary("/t.Test/Echo")
        yield lambda **metadata: call(b"", metadata=tuple(metadata.items()))
    await server.stop(None)


async def spans_of(
    collector: Collector, ratio: float, handler: Handler, *calls: dict[str, str]
) -> dict[str, Any]:
    """The spans, by name, that these calls leave."""
    tracing = Tracing(collector.endpoint, ratio, "test")
    async with echo(tracing, handler) as call:
        for metadata in calls:
            await call(**metadata)
    await asyncio.to_thread(tracing.close)
    return {span.name: span for span in collector.spans}


async def answer(_request: bytes, _context: Any) -> bytes:
    return b"answer"


async def test_a_sampled_call_leaves_a_span_under_its_caller(collector: Collector) -> None:
    spans = await spans_of(collector, 0.0, answer, {"traceparent": SAMPLED})
    assert list(spans) == ["/t.Test/Echo"]
    span = spans["/t.Test/Echo"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


async def test_spans_carry_the_name_of_the_service(collector: Collector) -> None:
    await spans_of(collector, 1.0, answer, {})
    resource = collector.requests[0].resource_spans[0].resource
    names = {item.key: item.value.string_value for item in resource.attributes}
    assert names["service.name"] == "test"


@pytest.mark.parametrize(
    ("ratio", "metadata", "expected"),
    [
        (0.0, {}, 0),
        (1.0, {}, 1),
        (1.0, {"traceparent": UNSAMPLED}, 0),
        (0.0, {"traceparent": SAMPLED}, 1),
        (1.0, {"traceparent": "garbage"}, 1),
        (0.0, {"traceparent": "garbage"}, 0),
        (0.0, {"traceparent": f"00-{TRACE}-{PARENT}-zz"}, 0),
        (0.0, {"traceparent": f"ff-{TRACE}-{PARENT}-01"}, 0),
        (0.0, {"traceparent": SAMPLED + "-more"}, 1),
    ],
)
async def test_a_caller_decides_and_else_the_ratio(
    collector: Collector, ratio: float, metadata: dict[str, str], expected: int
) -> None:
    assert len(await spans_of(collector, ratio, answer, metadata)) == expected


async def test_stages_are_spans_within_a_sampled_call_even_in_a_pool(collector: Collector) -> None:
    tracing = Tracing(collector.endpoint, 0.0, "test")
    observer = Observer(Metrics(), tracing)
    pool = BoundedPool("read", threads=1, queue=1)

    def retrieve() -> None:
        with observer.stage("retrieve", "dense"):
            pass

    async def handler(_request: bytes, _context: Any) -> bytes:
        with observer.stage("plan", ""):
            await pool.run(retrieve, Deadline(60))
        return tracing.trace_id().encode()

    async with echo(tracing, handler) as call:
        assert await call(traceparent=SAMPLED) == TRACE.encode()
        assert await call(traceparent=UNSAMPLED) == b""
        assert await call() == b""
    await asyncio.to_thread(tracing.close)
    await asyncio.to_thread(pool.close, wait=True)
    spans = {span.name: span for span in collector.spans}
    assert len(collector.spans) == 3
    assert spans["plan"].parent_span_id == spans["/t.Test/Echo"].span_id
    assert spans["retrieve"].parent_span_id == spans["plan"].span_id
    attributes = {item.key: item.value.string_value for item in spans["retrieve"].attributes}
    assert attributes == {"ragrpc.component": "dense"}


async def test_a_failed_stage_keeps_the_type_of_the_error_but_not_its_text(
    collector: Collector,
) -> None:
    tracing = Tracing(collector.endpoint, 0.0, "test")
    observer = Observer(Metrics(), tracing)

    async def handler(_request: bytes, context: Any) -> bytes:
        try:
            with observer.stage("parse", "html"):
                raise ValueError("the document's secret text")
        except ValueError:
            return b""

    async with echo(tracing, handler) as call:
        await call(traceparent=SAMPLED)
    await asyncio.to_thread(tracing.close)
    (stage,) = (span for span in collector.spans if span.name == "parse")
    assert stage.status.code == stage.status.STATUS_CODE_ERROR
    attributes = {item.key: item.value.string_value for item in stage.attributes}
    assert attributes == {"ragrpc.component": "html", "error.type": "ValueError"}
    assert not any(b"secret" in request.SerializeToString() for request in collector.requests)


def test_without_a_collector_the_sdk_is_never_imported() -> None:
    code = (
        "import sys, rag_server.observability.telemetry, rag_server.observability.tracing;"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
