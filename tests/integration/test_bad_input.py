"""What is wrong on the wire gets the right code and details, and changes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ragrpc.v1 import document_service_pb2 as documents_pb
from ragrpc.v1 import filter_pb2
from ragrpc.v1 import rag_service_pb2 as rag_pb
from ragrpc.v1.metadata_pb2 import Value

from rag_client import Document, RagClient
from rag_server.transport.contract import methods

TIMEOUT = 20
Code = grpc.StatusCode
METHODS = [
    *methods(),
    ("grpc.health.v1.Health", "Check", "unary"),
    ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", "bidi"),
]


def send(channel: Any, service: str, method: str, type: str, payload: bytes) -> Code:
    """Status of a call with raw bytes as its message."""
    path = f"/{service}/{method}"
    raw = {"request_serializer": None, "response_deserializer": None}
    try:
        if type == "unary":
            channel.unary_unary(path, **raw)(payload, timeout=TIMEOUT)
        elif type == "server_stream":
            drain(channel.unary_stream(path, **raw)(payload, timeout=TIMEOUT))
        else:
            drain(channel.stream_stream(path, **raw)(iter([payload]), timeout=TIMEOUT))
    except grpc.RpcError as error:
        return error.code()
    return Code.OK


def drain(messages: Iterator[bytes]) -> None:
    for _ in messages:
        pass


def details(error: Any) -> tuple[ErrorInfo, list[str]]:
    trailers = dict(error.trailing_metadata())
    status = Status.FromString(trailers["grpc-status-details-bin"])
    info, request = ErrorInfo(), BadRequest()
    status.details[0].Unpack(info)
    if len(status.details) > 1:
        status.details[1].Unpack(request)
    return info, [each.field for each in request.field_violations]


def refused(call: Callable[[], object]) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


@pytest.fixture
def ask(channel: Any) -> Callable[[Message], object]:
    """Sends a RetrieveRequest as it is."""
    stub = channel.unary_unary(
        "/ragrpc.v1.RagService/Retrieve",
        request_serializer=rag_pb.RetrieveRequest.SerializeToString,
        response_deserializer=rag_pb.RetrieveResponse.FromString,
    )
    return lambda message: stub(message, timeout=TIMEOUT)


def too_deep() -> filter_pb2.Filter:
    message = filter_pb2.Filter(
        comparison=filter_pb2.Comparison(
            field="f", operator=filter_pb2.OPERATOR_EQUAL, value=Value(int64_value=1)
        )
    )
    for _ in range(8):
        message = filter_pb2.Filter(negated=message)
    return message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "x" * 8_193}, "query"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 1_001}, "top_k"),
        ({"filter": filter_pb2.Filter()}, "filter"),
        ({"filter": too_deep()}, "filter" + ".negated" * 8),
    ],
)
def test_a_wrong_field_is_invalid_argument_with_its_path(
    ask: Callable[[Message], object], collection: str, fields: dict[str, object], field: str
) -> None:
    request = rag_pb.RetrieveRequest(**{"collection": collection, "query": "q", **fields})  # type: ignore[arg-type]  # any field
    error = refused(lambda: ask(request))
    info, violations = details(error)
    assert (error.code(), info.reason, violations) == (
        Code.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        [field],
    )


def test_bytes_that_are_no_message_are_invalid_argument(channel: Any) -> None:
    stub = channel.unary_unary("/ragrpc.v1.RagService/Retrieve")
    error = refused(lambda: stub(b"\xff\xff\xff", timeout=TIMEOUT))
    assert error.code() is Code.INVALID_ARGUMENT
    assert details(error)[0].reason == "UNDECODABLE_MESSAGE"


def test_a_message_nested_too_deep_to_decode_is_invalid_argument(channel: Any) -> None:
    payload = b""
    for _ in range(200):
        payload = b"\x22" + _varint(len(payload)) + payload
    nested = b"\x22" + _varint(len(payload)) + payload
    assert send(channel, "ragrpc.v1.RagService", "Retrieve", "unary", nested) is (
        Code.INVALID_ARGUMENT
    )


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def test_a_message_over_the_limit_is_refused_for_good(channel: Any) -> None:
    stub = channel.unary_unary("/ragrpc.v1.DocumentService/UpsertDocuments")
    error = refused(lambda: stub(b"\x00" * (16 * 2**20 + 512 * 2**10), timeout=TIMEOUT))
    trailers = dict(error.trailing_metadata())
    assert error.code() is Code.RESOURCE_EXHAUSTED
    assert details(error)[0].reason == "MESSAGE_TOO_LARGE"
    assert trailers["grpc-retry-pushback-ms"] == "-1"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(METHODS), st.binary(max_size=64))
def test_no_bytes_are_unknown_or_internal(
    channel: Any, method: tuple[str, str, str], payload: bytes
) -> None:
    assert send(channel, *method, payload) not in (Code.UNKNOWN, Code.INTERNAL)


def test_a_page_token_of_another_list_is_refused(
    rag: RagClient, channel: Any, collection: str
) -> None:
    rag.documents.upsert(collection, [Document(f"d{i}", "Text.") for i in range(3)])
    other = rag.collections.create(f"{collection}-b").name
    stub = channel.unary_unary(
        "/ragrpc.v1.DocumentService/ListDocuments",
        request_serializer=documents_pb.ListDocumentsRequest.SerializeToString,
        response_deserializer=documents_pb.ListDocumentsResponse.FromString,
    )
    first = stub(
        documents_pb.ListDocumentsRequest(collection=collection, page_size=1), timeout=TIMEOUT
    )
    error = refused(
        lambda: stub(
            documents_pb.ListDocumentsRequest(collection=other, page_token=first.next_page_token),
            timeout=TIMEOUT,
        )
    )
    info, violations = details(error)
    assert (error.code(), info.reason) == (Code.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")
    assert violations == ["page_token"]


def test_ids_that_repeat_in_a_batch_change_nothing(
    rag: RagClient, channel: Any, collection: str
) -> None:
    stub = channel.unary_unary(
        "/ragrpc.v1.DocumentService/UpsertDocuments",
        request_serializer=documents_pb.UpsertDocumentsRequest.SerializeToString,
    )
    twice = [documents_pb.Document(id="a", content="Text.")] * 2
    request = documents_pb.UpsertDocumentsRequest(collection=collection, documents=twice)
    error = refused(lambda: stub(request, timeout=TIMEOUT))
    assert error.code() is Code.INVALID_ARGUMENT
    assert rag.collections.get(collection).revision == 0


def test_metadata_without_a_value_fails_its_document_only(channel: Any, collection: str) -> None:
    stub = channel.unary_unary(
        "/ragrpc.v1.DocumentService/UpsertDocuments",
        request_serializer=documents_pb.UpsertDocumentsRequest.SerializeToString,
        response_deserializer=documents_pb.UpsertDocumentsResponse.FromString,
    )
    response = stub(
        documents_pb.UpsertDocumentsRequest(
            collection=collection,
            documents=[
                documents_pb.Document(id="bad", content="Text.", metadata={"x": Value()}),
                documents_pb.Document(id="", content="Text."),
                documents_pb.Document(id="odd", content="Text.", content_type=77),  # type: ignore[arg-type]  # unknown on purpose
                documents_pb.Document(id="good", content="Text."),
            ],
        ),
        timeout=TIMEOUT,
    )
    kinds = [each.kind for each in response.outcomes]
    kind = documents_pb.UpsertOutcome
    assert kinds == [kind.KIND_FAILED, kind.KIND_FAILED, kind.KIND_FAILED, kind.KIND_CREATED]
    assert [each.error.code for each in response.outcomes[:3]] == [3, 3, 3]


def test_an_unknown_method_is_unimplemented(channel: Any) -> None:
    assert send(channel, "ragrpc.v1.RagService", "Guess", "unary", b"") is Code.UNIMPLEMENTED


def test_a_short_deadline_is_deadline_exceeded(
    rag: RagClient, channel: Any, collection: str
) -> None:
    stub = channel.unary_unary(
        "/ragrpc.v1.DocumentService/UpsertDocuments",
        request_serializer=documents_pb.UpsertDocumentsRequest.SerializeToString,
    )
    text = "A sentence that is long enough to matter. " * 5_000
    request = documents_pb.UpsertDocumentsRequest(
        collection=collection, documents=[documents_pb.Document(id="a", content=text)]
    )
    error = refused(lambda: stub(request, timeout=0.2))
    assert error.code() is Code.DEADLINE_EXCEEDED
    assert list(rag.documents.list(collection)) == []


def test_every_answer_names_its_request(ask: Callable[[Message], object]) -> None:
    error = refused(lambda: ask(rag_pb.RetrieveRequest()))
    assert dict(error.trailing_metadata())["x-request-id"]
