import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest

from rag_client import (
    AsyncRagClient,
    Document,
    IngestProgress,
    IngestResult,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    RagClient,
    Unavailable,
    UpsertFailed,
)
from tests.integration.client.conftest import FAST
from tests.integration.client.fake_server import INGEST_BYTES, INGEST_ITEMS, FakeServer, Fault

AWAY = Fault(grpc.StatusCode.UNAVAILABLE)


@pytest.fixture
def handbook(rag: RagClient, server: FakeServer) -> RagClient:
    rag.collections.create("handbook")
    return rag


def documents(count: int, text: str = "Text.") -> Iterator[Document]:
    return (Document(f"d{number}", f"{text} {number}") for number in range(count))


def test_documents_of_any_iterator_are_stored_and_counted(
    handbook: RagClient, server: FakeServer
) -> None:
    heard: list[IngestProgress] = []
    result = handbook.documents.ingest("handbook", documents(50), on_progress=heard.append)
    assert (result.created, result.documents, result.revision) == (50, 50, 50)
    assert (result.chunk_count, result.consistency_token) == (50, "token-50")
    assert [each.documents for each in heard] == list(range(1, 51))
    again = handbook.documents.ingest("handbook", documents(50))
    assert (again.unchanged, again.created) == (50, 0)
    assert server.collections["handbook"]["d7"].content == "Text. 7"


def test_what_is_said_of_a_document_arrives(handbook: RagClient, server: FakeServer) -> None:
    document = Document("a", "# Über", "markdown", title="T", metadata={"year": 2026})
    handbook.documents.ingest("handbook", document).raise_for_failures()
    stored = server.collections["handbook"]["a"]
    assert (stored.content, stored.title, stored.content_type) == ("# Über", "T", 2)
    assert stored.metadata["year"].int64_value == 2026


def test_nothing_is_nothing(handbook: RagClient) -> None:
    assert handbook.documents.ingest("handbook", []) == IngestResult()


def test_documents_that_cannot_be_stored_leave_the_others_alone(
    handbook: RagClient, tmp_path: Path
) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    (tmp_path / "good.md").write_text("Good.")
    sources: list[Document | Path] = [
        Document("blank", " "),
        Document("surrogate", "\ud800"),
        Document("large", "x" * (INGEST_BYTES + 1)),
        tmp_path,
        Document("last", "Last."),
    ]
    result = handbook.documents.ingest("handbook", sources)
    assert result.created == 2
    failed = {each.document_id for each in result.failed}
    assert failed == {"blank", "surrogate", "large", "bad.txt"}
    with pytest.raises(UpsertFailed) as caught:
        result.raise_for_failures()
    assert set(caught.value.failures) == failed


def test_no_more_is_under_way_than_the_server_lets(handbook: RagClient) -> None:
    pulled, answered, ahead = itertools.count(), 0, 0

    def counted() -> Iterator[Document]:
        nonlocal ahead
        for document in documents(100):
            ahead = max(ahead, next(pulled) - answered)
            yield document

    def hear(progress: IngestProgress) -> None:
        nonlocal answered
        answered = progress.documents

    handbook.documents.ingest("handbook", counted(), on_progress=hear)
    assert ahead <= INGEST_ITEMS + 1


def test_documents_larger_than_the_window_together_go_one_after_the_other(
    handbook: RagClient, server: FakeServer
) -> None:
    large = "x" * (INGEST_BYTES * 6 // 10)
    assert handbook.documents.ingest("handbook", documents(5, large)).created == 5
    assert server.collections["handbook"]["d4"].content == f"{large} 4"


@pytest.mark.parametrize("fault", [AWAY, Fault(grpc.StatusCode.CANCELLED), None])
def test_a_stream_that_ends_is_opened_again_and_the_rest_sent(
    handbook: RagClient, server: FakeServer, fault: Fault | None
) -> None:
    for answered in (3, 0, 1):
        server.end_ingest_after(answered, fault)
    result = handbook.documents.ingest("handbook", documents(20))
    assert (result.created, result.documents) == (20, 20)
    assert len(server.calls_of("StreamIngest")) == 4
    # Nothing that was answered is sent again.
    assert server.ingested == [f"d{number}" for number in range(20)]


def test_a_server_that_restarts_is_waited_for(handbook: RagClient, server: FakeServer) -> None:
    port = int(server.address.rpartition(":")[2])

    def restarting() -> Iterator[Document]:
        for number, document in enumerate(documents(20)):
            if number == 10:
                server.stop()
                server.start(port)
            yield document

    result = handbook.documents.ingest("handbook", restarting())
    assert result.documents == 20
    assert len(server.collections["handbook"]) == 20


def test_patience_has_an_end(handbook: RagClient, server: FakeServer) -> None:
    for _ in range(1_000):
        server.end_ingest_after(0, AWAY)
    with pytest.raises(Unavailable):
        handbook.documents.ingest("handbook", documents(3), patience=0.3)


def test_a_server_that_is_not_there_fails_like_any_call() -> None:
    with RagClient("localhost:1", retry=FAST) as rag, pytest.raises(Unavailable):
        rag.documents.ingest("handbook", documents(1))


def test_what_another_stream_cannot_mend_is_raised(handbook: RagClient, server: FakeServer) -> None:
    with pytest.raises(NotFound):
        handbook.documents.ingest("nowhere", documents(1))
    server.end_ingest_after(2, Fault(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(PermissionDenied):
        handbook.documents.ingest("handbook", documents(5))
    assert len(server.calls_of("StreamIngest")) == 2


def test_an_error_of_the_iterator_is_the_callers(handbook: RagClient) -> None:
    def broken() -> Iterator[Document]:
        yield Document("a", "Text.")
        raise Unavailable("of the source")

    with pytest.raises(Unavailable, match="of the source"):
        handbook.documents.ingest("handbook", broken())


def test_two_files_that_would_be_one_document_are_refused(
    handbook: RagClient, server: FakeServer, tmp_path: Path
) -> None:
    directories = [tmp_path / "one", tmp_path / "two"]
    for directory in directories:
        directory.mkdir()
        (directory / "a.md").write_text(directory.name)
    handbook.documents.ingest("handbook", [directories[0], directories[0] / "a.md"])
    with pytest.raises(InvalidArgument, match=r"would both be 'a\.md'"):
        handbook.documents.ingest("handbook", directories)

    async def sources() -> AsyncIterator[Path]:
        for directory in directories:
            yield directory

    async def run() -> None:
        async with AsyncRagClient(server.address, retry=FAST) as rag:
            await rag.documents.ingest("handbook", sources())

    with pytest.raises(InvalidArgument, match=r"would both be 'a\.md'"):
        asyncio.run(run())
    assert server.collections["handbook"]["a.md"].content == "one"


def test_asyncio_does_the_same(handbook: RagClient, server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("File.")

    async def sources() -> AsyncIterator[Document | Path]:
        for document in documents(20):
            yield document
            await asyncio.sleep(0)
        yield tmp_path

    async def run() -> tuple[IngestResult, IngestResult]:
        async with AsyncRagClient(server.address, retry=FAST) as rag:
            for fault in (AWAY, None):
                server.end_ingest_after(4, fault)
            first = await rag.documents.ingest("handbook", sources())
            return first, await rag.documents.ingest("handbook", documents(20))

    first, again = asyncio.run(run())
    assert (first.created, first.documents) == (21, 21)
    assert (again.unchanged, again.documents) == (20, 20)
    assert server.ingested[:21] == [*(f"d{number}" for number in range(20)), "file.txt"]
    with pytest.raises(NotFound):
        asyncio.run(_nowhere(server))


async def _nowhere(server: FakeServer) -> None:
    async with AsyncRagClient(server.address, retry=FAST) as rag:
        await rag.documents.ingest("nowhere", documents(1))
