import asyncio

import pytest
from grpc import StatusCode
from ragrpc.v1 import rag_service_pb2

from rag_client import (
    AsyncRagClient,
    Completed,
    Document,
    F,
    Health,
    Internal,
    NotFound,
    RagError,
    RetrieveRequest,
    Started,
    Unavailable,
)
from tests.integration.client.conftest import FAST
from tests.integration.client.fake_server import FakeServer, Fault, serving


async def test_the_whole_line_works_on_one_loop(server: FakeServer) -> None:
    serving(server, ready=True)
    async with AsyncRagClient(server.address) as rag:
        await rag.collections.create("handbook")
        await rag.collections.create("handbook", exist_ok=True)
        documents = [Document(each, f"text {each}") for each in "abc"]
        result = await rag.documents.upsert("handbook", documents, batch_bytes=40)
        assert [each.document_id for each in result.outcomes] == [*"abc"]
        assert [each.id async for each in rag.documents.list("handbook")] == [*"abc"]
        chunks = [each.text async for each in rag.documents.chunks("handbook", "a")]
        assert chunks == ["text a"]
        assert (await rag.documents.get("handbook", "b")).text == "text b"
        found = await rag.retrieve("handbook", "q", filter=F("year").missing())
        assert len(found.hits) == 3
        batch = await rag.batch_retrieve([RetrieveRequest("elsewhere", "q")])
        assert isinstance(batch[0], NotFound)
        assert (await rag.query("handbook", "q")).text == "text a"
        assert [each.id for each in (await rag.rerank("q", ["a", "b"])).texts] == ["1", "0"]
        assert (await rag.server_info()).version == "0.1.0"
        assert await rag.health() is Health.SERVING
        assert (await rag.documents.delete("handbook", "a")).deleted_ids == ("a",)
        assert [each.name async for each in rag.collections.list()] == ["handbook"]
        assert await rag.collections.delete("handbook") == 2
        assert await rag.collections.delete("handbook", missing_ok=True) == 0
    assert len(server.calls_of("UpsertDocuments")) == 2
    assert all(each.time_remaining is not None for each in server.seen)


async def test_streams_give_events_text_and_the_answer(server: FakeServer) -> None:
    async with AsyncRagClient(server.address) as rag:
        await rag.collections.create("handbook")
        await rag.documents.upsert("handbook", [Document("a", "Staff get 25 days.")])
        events = [each async for each in rag.stream_query("handbook", "q")]
        assert isinstance(events[0], Started)
        assert isinstance(events[-1], Completed)
        async with rag.stream_query("handbook", "q") as stream:
            assert "".join([each async for each in stream.text()]) == "Staff get 25 days."
        answer = await rag.stream_query("handbook", "q").answer()
        assert answer == await rag.query("handbook", "q")


async def test_errors_are_typed_for_calls_and_streams(server: FakeServer) -> None:
    async with AsyncRagClient(server.address, retry=FAST) as rag:
        with pytest.raises(NotFound) as caught:
            await rag.collections.get("missing")
        assert caught.value.request_id == server.seen[-1].metadata["x-request-id"]
        with pytest.raises(NotFound):
            await rag.stream_query("missing", "q").answer()


async def test_unavailable_is_retried_and_the_retries_end(server: FakeServer) -> None:
    async with AsyncRagClient(server.address, retry=FAST) as rag:
        server.fail("GetServerInfo", *[Fault(StatusCode.UNAVAILABLE)] * 4)
        assert (await rag.server_info()).version == "0.1.0"
        server.fail("GetServerInfo", *[Fault(StatusCode.UNAVAILABLE)] * 9)
        with pytest.raises(Unavailable):
            await rag.server_info()
    assert len(server.calls_of("GetServerInfo")) == 10


async def test_a_stream_without_its_last_event_is_not_taken_for_an_answer(
    server: FakeServer,
) -> None:
    delta = rag_service_pb2.Delta(text="half")
    server.events = [rag_service_pb2.StreamQueryResponse(sequence=0, delta=delta)]
    async with AsyncRagClient(server.address) as rag:
        await rag.collections.create("handbook")
        with pytest.raises(Internal):
            await rag.stream_query("handbook", "q").answer()


def test_one_client_serves_one_loop_after_another(server: FakeServer) -> None:
    rag = AsyncRagClient(server.address)

    async def version() -> str:
        return (await rag.server_info()).version

    assert [asyncio.run(version()) for _ in range(3)] == ["0.1.0"] * 3
    asyncio.run(rag.close())


async def test_one_client_serves_two_loops_at_once(server: FakeServer) -> None:
    async with AsyncRagClient(server.address) as rag:
        await rag.server_info()

        def elsewhere() -> str:
            async def version() -> str:
                return (await rag.server_info()).version

            return asyncio.run(version())

        assert await asyncio.to_thread(elsewhere) == "0.1.0"
        assert (await rag.server_info()).version == "0.1.0"


async def test_a_closed_client_says_so_and_may_be_closed_again(server: FakeServer) -> None:
    rag = AsyncRagClient(server.address)
    await rag.server_info()
    await rag.close()
    await rag.close()
    with pytest.raises(RagError) as caught:
        await rag.server_info()
    assert caught.value.reason == "CLIENT_CLOSED"
