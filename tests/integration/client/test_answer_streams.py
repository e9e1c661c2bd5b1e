import pytest
from grpc import StatusCode
from ragrpc.v1 import rag_service_pb2, retrieval_pb2

from rag_client import (
    CitationFound,
    Completed,
    Degraded,
    Document,
    HitsFound,
    Internal,
    RagClient,
    Started,
    TextDelta,
    TextRetracted,
    Unavailable,
)
from tests.integration.client.fake_server import FakeServer, Fault

Event = rag_service_pb2.StreamQueryResponse
TEXT = "Staff get 25 days."


@pytest.fixture
def filled(rag: RagClient) -> RagClient:
    rag.collections.create("handbook")
    rag.documents.upsert("handbook", [Document("vacation", TEXT)])
    return rag


def test_events_are_typed_and_in_order(filled: RagClient) -> None:
    events = list(filled.stream_query("handbook", "q"))
    assert [type(each) for each in events] == [
        Started,
        HitsFound,
        TextDelta,
        TextDelta,
        CitationFound,
        Completed,
    ]
    assert [each.sequence for each in events] == list(range(6))


def test_the_completed_answer_equals_the_unary_one(filled: RagClient) -> None:
    assert filled.stream_query("handbook", "q").answer() == filled.query("handbook", "q")


def test_the_text_alone_can_be_iterated_before_the_answer(filled: RagClient) -> None:
    stream = filled.stream_query("handbook", "q")
    assert "".join(stream.text()) == TEXT
    assert stream.answer().text == TEXT


def test_retractions_and_degradations_are_events_and_unknown_ones_are_passed_over(
    filled: RagClient, server: FakeServer
) -> None:
    span = retrieval_pb2.Span(start=0, end=3)
    degradation = retrieval_pb2.Degradation(kind=retrieval_pb2.Degradation.KIND_INDEX_AWAY)
    server.events = [
        Event(sequence=0, retraction=rag_service_pb2.Retraction(answer_span=span, reason="why")),
        Event(sequence=1, degradation=degradation),
        Event(sequence=2),
        Event(sequence=3, completed=rag_service_pb2.QueryResponse()),
    ]
    events = list(filled.stream_query("handbook", "q"))
    assert [type(each) for each in events] == [TextRetracted, Degraded, Completed]


def test_a_stream_that_fails_raises_after_what_came(filled: RagClient, server: FakeServer) -> None:
    server.fail_streams_after(2, Fault(StatusCode.UNAVAILABLE))
    stream = filled.stream_query("handbook", "q")
    assert [type(next(stream)), type(next(stream))] == [Started, HitsFound]
    with pytest.raises(Unavailable) as caught:
        next(stream)
    assert caught.value.request_id == stream.request_id
    assert len(server.calls_of("StreamQuery")) == 1


def test_a_stream_without_its_last_event_is_not_taken_for_an_answer(
    filled: RagClient, server: FakeServer
) -> None:
    server.events = [Event(sequence=0, delta=rag_service_pb2.Delta(text="half"))]
    stream = filled.stream_query("handbook", "q")
    assert isinstance(next(stream), TextDelta)
    with pytest.raises(Internal, match="before its final event"):
        next(stream)


def test_leaving_the_block_cancels_the_answer(filled: RagClient, server: FakeServer) -> None:
    server.hold_streams()
    with filled.stream_query("handbook", "q") as stream:
        assert isinstance(next(stream), Started)
    assert server.stream_cancelled.wait(timeout=10)
