import pytest
from grpc import StatusCode

from rag_client import (
    Document,
    InvalidArgument,
    RagClient,
    RagError,
    ResourceExhausted,
    RetryPolicy,
    Unavailable,
)
from tests.integration.client.fake_server import FakeServer, Fault, details

AWAY = Fault(StatusCode.UNAVAILABLE)


def test_unavailable_is_retried_until_it_works(rag: RagClient, server: FakeServer) -> None:
    server.fail("GetServerInfo", AWAY, AWAY, AWAY, AWAY)
    assert rag.server_info().version == "0.1.0"
    assert len(server.calls_of("GetServerInfo")) == 5


def test_retries_end_after_five_attempts_under_one_request_id(
    rag: RagClient, server: FakeServer
) -> None:
    server.fail("GetServerInfo", *[AWAY] * 20)
    with pytest.raises(Unavailable) as caught:
        rag.server_info()
    ids = [each.metadata["x-request-id"] for each in server.calls_of("GetServerInfo")]
    assert ids == [caught.value.request_id] * 5


def test_retries_can_be_turned_off(server: FakeServer) -> None:
    server.fail("GetServerInfo", AWAY)
    retry = RetryPolicy(max_attempts=1)
    with RagClient(server.address, retry=retry) as rag, pytest.raises(Unavailable):
        rag.server_info()
    assert len(server.calls_of("GetServerInfo")) == 1


def test_exhausted_with_a_time_to_come_back_is_retried(rag: RagClient, server: FakeServer) -> None:
    pushback = ("grpc-retry-pushback-ms", "5")
    server.fail("GetServerInfo", Fault(StatusCode.RESOURCE_EXHAUSTED, trailers=(pushback,)))
    assert rag.server_info().version == "0.1.0"
    assert len(server.calls_of("GetServerInfo")) == 2


def test_a_futile_retry_is_not_made(rag: RagClient, server: FakeServer) -> None:
    code = StatusCode.RESOURCE_EXHAUSTED
    trailers = (("grpc-retry-pushback-ms", "-1"), details(code, "MESSAGE_TOO_LARGE"))
    server.fail("GetServerInfo", Fault(code, trailers=trailers))
    with pytest.raises(ResourceExhausted) as caught:
        rag.server_info()
    assert (caught.value.reason, caught.value.retry_after) == ("MESSAGE_TOO_LARGE", None)
    assert len(server.calls_of("GetServerInfo")) == 1


@pytest.mark.parametrize(
    "code",
    [StatusCode.INVALID_ARGUMENT, StatusCode.INTERNAL, StatusCode.NOT_FOUND, StatusCode.ABORTED],
)
def test_other_failures_are_not_retried(
    rag: RagClient, server: FakeServer, code: StatusCode
) -> None:
    server.fail("GetServerInfo", Fault(code))
    with pytest.raises(RagError) as caught:
        rag.server_info()
    assert caught.value.code is code
    assert len(server.calls_of("GetServerInfo")) == 1


def test_creating_and_deleting_a_collection_is_tried_once(
    rag: RagClient, server: FakeServer
) -> None:
    server.fail("CreateCollection", AWAY)
    server.fail("DeleteCollection", AWAY)
    with pytest.raises(Unavailable):
        rag.collections.create("handbook")
    with pytest.raises(Unavailable):
        rag.collections.delete("handbook")
    assert len(server.calls_of("CreateCollection")) == 1
    assert len(server.calls_of("DeleteCollection")) == 1


def test_large_upserts_are_retried_too(rag: RagClient, server: FakeServer) -> None:
    rag.collections.create("handbook")
    server.fail("UpsertDocuments", AWAY)
    rag.documents.upsert("handbook", [Document("a", "x" * 4_000_000)])
    assert len(server.calls_of("UpsertDocuments")) == 2


def test_a_stream_that_fails_at_once_is_retried(rag: RagClient, server: FakeServer) -> None:
    rag.collections.create("handbook")
    server.fail("StreamQuery", AWAY)
    assert rag.stream_query("handbook", "q").answer().abstain_reasons == ("no_hits",)
    assert len(server.calls_of("StreamQuery")) == 2


def test_field_violations_of_the_server_arrive(rag: RagClient, server: FakeServer) -> None:
    code = StatusCode.INVALID_ARGUMENT
    trailer = details(code, "INVALID_REQUEST", ("top_k", "must be 1 to 1000"), limit="1000")
    server.fail("Retrieve", Fault(code, trailers=(trailer,)))
    with pytest.raises(InvalidArgument) as caught:
        rag.retrieve("handbook", "q", top_k=0)
    error = caught.value
    assert (error.reason, error.metadata) == ("INVALID_REQUEST", {"limit": "1000"})
    assert [(each.field, each.description) for each in error.violations] == [
        ("top_k", "must be 1 to 1000")
    ]
