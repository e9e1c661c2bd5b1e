import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from ragrpc.v1 import document_service_pb2 as pb
from ragrpc.v1 import document_service_pb2_grpc

from rag_client import Document, RagClient
from tests.serving import serving

OUTCOME = pb.UpsertOutcome
_LARGEST = 32 * 1024 * 1024


def frames(
    number: int, document_id: str, *data: bytes, end: bool = True, **header: Any
) -> list[pb.IngestFrame]:
    begin = pb.IngestHeader(item_id=number, document_id=document_id, **header)
    return [
        pb.IngestFrame(header=begin),
        *(pb.IngestFrame(data=each) for each in data),
        *([pb.IngestFrame(end=pb.IngestEnd())] if end else []),
    ]


@dataclass
class Stream:
    """A sender that does as it is told."""

    call: Any
    outbox: "SimpleQueue[pb.StreamIngestRequest | None]"

    def send(self, *frames: pb.IngestFrame) -> None:
        self.outbox.put(pb.StreamIngestRequest(frames=frames))

    def next(self, kind: str) -> Any:
        """The next response of a kind; what comes before it is passed over."""
        for response in self.call:
            if response.WhichOneof("message") == kind:
                return getattr(response, kind)
        raise AssertionError(f"the stream ended without {kind}")

    def acks(self, count: int) -> dict[int, pb.UpsertOutcome]:
        found: dict[int, pb.UpsertOutcome] = {}
        while len(found) < count:
            for each in self.next("acks").acks:
                assert each.item_id not in found
                found[each.item_id] = each.outcome
        return found

    def finish(self) -> set[str]:
        """Half-close; kinds of what still comes before OK."""
        self.outbox.put(None)
        return {response.WhichOneof("message") for response in self.call}

    def failure(self) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.RpcError) as caught:
            list(self.call)
        error: Any = caught.value
        return error.code(), error.details()


@contextmanager
def streaming(channel: grpc.Channel, first: pb.StreamIngestRequest) -> Iterator[Stream]:
    outbox: SimpleQueue[pb.StreamIngestRequest | None] = SimpleQueue()
    call = document_service_pb2_grpc.DocumentServiceStub(channel).StreamIngest(
        iter(outbox.get, None), timeout=60
    )
    outbox.put(first)
    try:
        yield Stream(call, outbox)
    finally:
        call.cancel()
        outbox.put(None)


def opening(collection: str) -> pb.StreamIngestRequest:
    return pb.StreamIngestRequest(open=pb.IngestOpen(collection=collection))


@pytest.fixture
def stream(channel: grpc.Channel, collection: str) -> Iterator[Stream]:
    with streaming(channel, opening(collection)) as opened:
        yield opened


def test_items_are_stored_and_answered_with_a_token_that_shows_them(
    stream: Stream, rag: RagClient, collection: str
) -> None:
    assert stream.next("opened").max_item_bytes == _LARGEST
    text = "Über uns: Staff get 25 days.".encode()
    stream.send(*frames(1, "a", text[:1], text[1:], title="Handbook"))
    acks = stream.next("acks")
    assert [(each.item_id, each.outcome.kind) for each in acks.acks] == [(1, OUTCOME.KIND_CREATED)]
    found = rag.retrieve(collection, "holidays", at_least_as_fresh=acks.consistency_token)
    assert [(hit.document_id, hit.title) for hit in found.hits] == [("a", "Handbook")]
    stream.send(*frames(2, "a", text, title="Handbook"), *frames(3, "b", b"Cats purr."))
    kinds = {number: each.kind for number, each in stream.acks(2).items()}
    assert kinds == {2: OUTCOME.KIND_UNCHANGED, 3: OUTCOME.KIND_CREATED}
    assert stream.finish() <= {"credits"}
    assert rag.documents.get(collection, "a").text == text.decode()


def test_of_one_document_sent_twice_the_later_wins(
    stream: Stream, rag: RagClient, collection: str
) -> None:
    stream.next("opened")
    versions = [f"Version {n}.".encode() for n in (1, 2, 1, 3)]
    stream.send(*(frame for n, each in enumerate(versions) for frame in frames(n, "a", each)))
    kinds = [each.kind for _, each in sorted(stream.acks(4).items())]
    assert kinds == [OUTCOME.KIND_CREATED] + [OUTCOME.KIND_UPDATED] * 3
    assert rag.documents.get(collection, "a").text == "Version 3."


def test_items_that_fail_leave_the_others_alone(
    stream: Stream, rag: RagClient, collection: str
) -> None:
    stream.next("opened")
    stream.send(
        *frames(1, "no text", b"\xff\xfe"),
        *frames(2, "blank", b" "),
        *frames(3, "", b"x"),
        *frames(4, "long title", b"x", title="t" * 2_000),
        *frames(5, "never ended", b"x", end=False),
        *frames(6, "good", b"Good."),
        *frames(7, "too large", size_bytes=_LARGEST + 1),
    )
    acks = stream.acks(7)
    kinds = {number: OUTCOME.Kind.Name(each.kind) for number, each in acks.items()}
    assert kinds.pop(6) == "KIND_CREATED"
    assert set(kinds.values()) == {"KIND_FAILED"}
    codes = {each.error.code for number, each in acks.items() if number != 6}
    assert codes == {grpc.StatusCode.INVALID_ARGUMENT.value[0]}
    assert [each.id for each in rag.documents.list(collection)] == ["good"]


def test_what_an_endless_item_sends_is_discarded_and_its_credits_come_back(stream: Stream) -> None:
    window = stream.next("opened").credits.bytes
    part = b"x" * 1_000_000
    stream.send(*frames(1, "endless", end=False))
    credit, sent = window, 0
    while sent < 3 * window:
        while credit < len(part):
            credit += stream.next("credits").bytes
        stream.send(pb.IngestFrame(data=part))
        credit -= len(part)
        sent += len(part)
    stream.send(pb.IngestFrame(end=pb.IngestEnd()), *frames(2, "next", b"Still there."))
    while True:
        acked = {each.item_id: each.outcome.kind for each in stream.next("acks").acks}
        if 2 in acked:
            break
    assert acked[2] == OUTCOME.KIND_CREATED


def test_a_sender_that_ignores_its_credits_is_refused(stream: Stream) -> None:
    window = stream.next("opened").credits.bytes
    for number in range(window // 4_000_000 + 2):
        stream.send(*frames(number, f"d{number}", end=False))
        for _ in range(4):
            stream.send(pb.IngestFrame(data=b"a b " * 250_000))
        stream.send(pb.IngestFrame(end=pb.IngestEnd()))
    code, message = stream.failure()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "credits" in message


def test_a_message_of_too_many_frames_is_refused(stream: Stream) -> None:
    stream.next("opened")
    stream.send(*[pb.IngestFrame()] * 4_096)
    stream.send(*[pb.IngestFrame()] * 4_097)
    code, message = stream.failure()
    assert (code, "frames" in message) == (grpc.StatusCode.INVALID_ARGUMENT, True)


def test_an_item_larger_than_the_window_travels_alone(rag: RagClient, collection: str) -> None:
    large = f"<!-- {'x' * 20_000_000} --><p>Cats purr.</p>"
    documents = [
        Document("before", "Dogs bark."),
        Document("large", large, content_type="html"),
        Document("after", "Fish swim."),
    ]
    result = rag.documents.ingest(collection, documents).raise_for_failures()
    assert result.created == 3
    assert rag.documents.get(collection, "large").text == "Cats purr."


@pytest.mark.parametrize(
    "first",
    [
        pb.StreamIngestRequest(),
        pb.StreamIngestRequest(frames=frames(1, "a", b"x")),
        pb.StreamIngestRequest(open=pb.IngestOpen(collection="No Name")),
    ],
    ids=["nothing", "frames", "name"],
)
def test_a_stream_must_open_first(channel: grpc.Channel, first: pb.StreamIngestRequest) -> None:
    with streaming(channel, first) as stream:
        code, _ = stream.failure()
    assert code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_stream_to_a_collection_that_is_not_there_is_refused(channel: grpc.Channel) -> None:
    with streaming(channel, opening("nowhere")) as stream:
        code, _ = stream.failure()
    assert code is grpc.StatusCode.NOT_FOUND


def test_bytes_that_are_no_message_are_refused(channel: grpc.Channel) -> None:
    method: Any = channel.stream_stream("/ragrpc.v1.DocumentService/StreamIngest")
    call = method(iter([b"\xff"]))
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_server_that_stops_answers_what_is_under_way_and_ends_the_stream(data_dir: Path) -> None:
    with serving(data_dir) as server:
        with RagClient(server.address) as rag:
            rag.collections.create("c")
        with (
            grpc.insecure_channel(server.address) as channel,
            streaming(channel, opening("c")) as stream,
        ):
            stream.next("opened")
            stream.send(*frames(1, "a", b"One."), *frames(2, "b", b"Two.", end=False))
            assert list(stream.acks(1)) == [1]
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            stream.next("drain")
            assert list(stream.call) == []
            stopping.join()
    with serving(data_dir) as server, RagClient(server.address) as rag:
        assert [each.id for each in rag.documents.list("c")] == ["a"]


def test_there_are_only_so_many_streams(data_dir: Path) -> None:
    env = {"RAGRPC_STREAMING__MAX_STREAMS": "1", "RAGRPC_STREAMING__IDLE_SECONDS": "0.5"}
    with serving(data_dir, env=env) as server, grpc.insecure_channel(server.address) as channel:
        with RagClient(server.address) as rag:
            rag.collections.create("c")
        with streaming(channel, opening("c")) as stream:
            stream.next("opened")
            with streaming(channel, opening("c")) as second:
                code, _ = second.failure()
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
            # Nobody says anything: the server ends the first, and there is room.
            stream.next("drain")
            assert list(stream.call) == []
        with streaming(channel, opening("c")) as third:
            third.next("opened")
