from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rag_client import (
    AlreadyExists,
    ContentType,
    DenseRetriever,
    Document,
    F,
    Health,
    InvalidArgument,
    NotFound,
    OutcomeKind,
    RagClient,
    RagError,
    Retrieval,
    RetrieveRequest,
    Span,
    StageScore,
    Text,
    UpsertFailed,
    UpsertProgress,
)
from tests.integration.client.fake_server import FakeServer, serving

VACATION = Document(
    id="vacation",
    text="Staff get 25 days.\nMore with age.",
    content_type="markdown",
    title="Vacation",
    metadata={
        "year": 2026,
        "ratio": 0.5,
        "open": True,
        "tags": ["hr", "time"],
        "since": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    },
)


@pytest.fixture
def filled(rag: RagClient) -> RagClient:
    rag.collections.create("handbook")
    rag.documents.upsert("handbook", [VACATION])
    return rag


def test_a_collection_is_created_read_and_deleted(rag: RagClient) -> None:
    created = rag.collections.create("handbook", description="Rules")
    read = rag.collections.get("handbook")
    assert (created.name, read.name) == ("handbook", "handbook")
    assert read.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert rag.collections.delete("handbook") == 0
    with pytest.raises(NotFound):
        rag.collections.get("handbook")


def test_creating_what_exists_is_an_error_unless_that_is_fine(rag: RagClient) -> None:
    rag.collections.create("handbook")
    with pytest.raises(AlreadyExists) as caught:
        rag.collections.create("handbook")
    assert caught.value.reason == "COLLECTION_EXISTS"
    assert rag.collections.create("handbook", exist_ok=True).name == "handbook"


def test_deleting_what_is_missing_is_an_error_unless_that_is_fine(rag: RagClient) -> None:
    with pytest.raises(NotFound):
        rag.collections.delete("handbook")
    assert rag.collections.delete("handbook", missing_ok=True) == 0


def test_validate_only_creates_and_deletes_nothing(rag: RagClient, server: FakeServer) -> None:
    rag.collections.create("tried", validate_only=True)
    assert server.collections == {}
    rag.collections.create("kept")
    rag.collections.delete("kept", validate_only=True)
    assert list(server.collections) == ["kept"]


def test_lists_ask_for_a_page_only_when_it_is_reached(rag: RagClient, server: FakeServer) -> None:
    for name in "abcde":
        rag.collections.create(name)
    listed = rag.collections.list()
    assert len(server.calls_of("ListCollections")) == 0
    assert [next(listed).name, next(listed).name] == ["a", "b"]
    assert len(server.calls_of("ListCollections")) == 1
    assert [each.name for each in listed] == ["c", "d", "e"]
    assert len(server.calls_of("ListCollections")) == 3


def test_a_document_comes_back_as_it_was_sent(filled: RagClient) -> None:
    stored = filled.documents.get("handbook", "vacation", at_least_as_fresh="token")
    assert (stored.id, stored.text, stored.title) == ("vacation", VACATION.text, "Vacation")
    assert stored.content_type is ContentType.MARKDOWN
    assert stored.metadata == {**VACATION.metadata, "tags": ("hr", "time")}


def test_documents_are_listed_under_a_filter_without_their_text(
    filled: RagClient, server: FakeServer
) -> None:
    listed = list(filled.documents.list("handbook", filter=F("year") >= 2025, page_size=7))
    assert [(each.id, each.text) for each in listed] == [("vacation", "")]
    request = server.calls_of("ListDocuments")[0].request
    assert request.filter.comparison.field == "year"
    assert request.page_size == 7


def test_following_pages_repeat_the_filter(rag: RagClient, server: FakeServer) -> None:
    rag.collections.create("handbook")
    rag.documents.upsert("handbook", [Document(each, "text") for each in "abc"])
    assert [each.id for each in rag.documents.list("handbook", filter=F("x").missing())] == [*"abc"]
    first, second = (each.request for each in server.calls_of("ListDocuments"))
    assert first.filter == second.filter
    assert (first.page_token, second.page_token) == ("", "2")


def test_chunks_carry_their_spans_in_order(filled: RagClient) -> None:
    chunks = list(filled.documents.chunks("handbook", "vacation"))
    assert [each.span for each in chunks] == [Span(0, 19), Span(19, 33)]
    assert [each.span.of(VACATION.text) for each in chunks] == [each.text for each in chunks]


def test_upsert_says_what_became_of_each_document(filled: RagClient) -> None:
    changed = Document("vacation", "Staff get 30 days.")
    result = filled.documents.upsert("handbook", [changed, Document("empty", " ")])
    assert [each.kind for each in result.outcomes] == [OutcomeKind.UPDATED, OutcomeKind.FAILED]
    assert result.counts[OutcomeKind.FAILED] == 1
    assert result.consistency_token == "token-1"
    error = result.failed[0].error
    assert isinstance(error, InvalidArgument)
    assert error.violations[0].field == "content"
    with pytest.raises(UpsertFailed) as caught:
        result.raise_for_failures()
    assert list(caught.value.failures) == ["empty"]


def test_an_upsert_without_failures_is_returned_by_raise_for_failures(filled: RagClient) -> None:
    result = filled.documents.upsert("handbook", [VACATION])
    assert result.raise_for_failures() is result
    assert result.outcomes[0].kind is OutcomeKind.UNCHANGED


def test_an_upsert_of_nothing_makes_no_call(rag: RagClient, server: FakeServer) -> None:
    assert rag.documents.upsert("handbook", []).outcomes == ()
    assert server.seen == []


def test_a_large_upsert_is_split_and_reports_its_progress(
    rag: RagClient, server: FakeServer
) -> None:
    rag.collections.create("handbook")
    documents = [Document(f"{number:02}", "x" * 1_000_000) for number in range(40)]
    progress: list[UpsertProgress] = []
    result = rag.documents.upsert(
        "handbook", documents, batch_bytes=15_000_000, on_progress=progress.append
    )
    sizes = [len(each.request.documents) for each in server.calls_of("UpsertDocuments")]
    assert sizes == [14, 14, 12]
    assert [each.document_id for each in result.outcomes] == [each.id for each in documents]
    assert [each.documents for each in progress] == [14, 28, 40]
    assert result.timings[0].milliseconds == 4.5


def test_an_iterator_is_read_only_as_far_as_the_next_call_needs(
    rag: RagClient, server: FakeServer
) -> None:
    rag.collections.create("handbook")
    calls_before_read = []

    def documents() -> Iterator[Document]:
        for number in range(5):
            calls_before_read.append(len(server.calls_of("UpsertDocuments")))
            yield Document(str(number), "x" * 600)

    rag.documents.upsert("handbook", documents(), batch_bytes=1_300)
    assert calls_before_read == [0, 0, 0, 1, 1]


def test_a_list_with_one_bad_document_makes_no_call(rag: RagClient, server: FakeServer) -> None:
    documents = [Document("a", "x"), Document("b", "x", metadata={"when": float("nan")})]
    with pytest.raises(InvalidArgument) as caught:
        rag.documents.upsert("handbook", documents, batch_bytes=10)
    assert caught.value.violations[0].field == "documents[1].metadata.when"
    assert server.seen == []


def test_documents_are_deleted_by_id_in_batches(rag: RagClient, server: FakeServer) -> None:
    rag.collections.create("handbook")
    ids = [str(number) for number in range(1_500)]
    rag.documents.upsert("handbook", [Document(each, "x") for each in ids])
    result = rag.documents.delete("handbook", [*ids, "unknown", ids[0]])
    assert list(result.deleted_ids) == ids
    assert result.consistency_token == "deleted"
    assert [len(each.request.document_ids) for each in server.calls_of("DeleteDocuments")] == [
        1_000,
        501,
    ]


def test_one_id_given_as_a_string_is_one_document(filled: RagClient) -> None:
    assert filled.documents.delete("handbook", "vacation").deleted_ids == ("vacation",)


def test_deleting_no_document_makes_no_call(filled: RagClient, server: FakeServer) -> None:
    assert filled.documents.delete("handbook", []).deleted_ids == ()
    assert server.calls_of("DeleteDocuments") == []


def test_retrieve_returns_typed_hits(filled: RagClient, server: FakeServer) -> None:
    found = filled.retrieve("handbook", "vacation days", top_k=3, explain=True)
    assert found.hits[0].document_id == "vacation"
    assert found.hits[0].metadata["year"] == 2026
    assert found.hits[0].stage_scores[0].rank == 1
    assert found.funnel[0].step == "plan"
    request = server.calls_of("Retrieve")[0].request
    assert (request.query, request.top_k, request.WhichOneof("plan")) == ("vacation days", 3, None)


def test_a_batch_gives_a_result_or_an_error_per_request(filled: RagClient) -> None:
    requests = [RetrieveRequest("handbook", "a"), RetrieveRequest("elsewhere", "b")]
    found, failed = filled.batch_retrieve(requests)
    assert isinstance(found, Retrieval)
    assert isinstance(failed, NotFound)


def test_rerank_returns_texts_with_their_places(rag: RagClient, server: FakeServer) -> None:
    ranking = rag.rerank("days?", ["by train", Text("ship", "by ship", "Travel")], top_k=2)
    assert [(each.id, each.index) for each in ranking.texts] == [("ship", 1), ("0", 0)]
    assert ranking.texts[0].stage_scores == (StageScore("dense", 0.5, 1),)
    assert ranking.embedder == "fake"
    (seen,) = server.calls_of("Rerank")
    assert [(each.id, each.title) for each in seen.request.texts] == [("0", ""), ("ship", "Travel")]
    assert not seen.request.HasField("reranker")


def test_rerank_by_what_is_no_reranker_is_refused_before_the_call(rag: RagClient) -> None:
    with pytest.raises(InvalidArgument, match="reranker"):
        rag.rerank("q", ["a"], reranker=DenseRetriever())  # type: ignore[arg-type]  # the point


def test_query_returns_the_answer_with_its_citations(filled: RagClient) -> None:
    answer = filled.query("handbook", "How many days?")
    assert answer.text == VACATION.text
    citation = answer.citations[0]
    assert citation.source_span.of(VACATION.text) == citation.source_text
    assert answer.hits[citation.hit_index].document_id == citation.document_id


def test_server_info_and_health_say_what_the_server_is(rag: RagClient, server: FakeServer) -> None:
    info = rag.server_info()
    assert info.limits.default_deadline.total_seconds() == 30
    assert info.components[0].state is Health.SERVING
    serving(server, ready=True)
    assert rag.health() is Health.SERVING
    serving(server, ready=False)
    assert rag.health() is Health.NOT_SERVING


def test_every_call_carries_a_deadline_and_a_request_id_of_its_own(
    filled: RagClient, server: FakeServer
) -> None:
    filled.retrieve("handbook", "q", timeout=5)
    filled.stream_query("handbook", "q").answer()
    remaining = {each.method: each.time_remaining or float("inf") for each in server.seen}
    # gRPC may round a deadline up by some of its own units on the wire.
    assert 0 < remaining["Retrieve"] < 6
    assert 6 < remaining["StreamQuery"] < 32
    assert 32 < remaining["UpsertDocuments"] < 310
    assert len({each.metadata["x-request-id"] for each in server.seen}) == len(server.seen)


def test_errors_keep_the_request_id_that_the_server_saw(rag: RagClient, server: FakeServer) -> None:
    with pytest.raises(RagError) as caught:
        rag.collections.get("missing")
    assert caught.value.request_id == server.seen[-1].metadata["x-request-id"]


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("inf"), float("nan")])
def test_a_timeout_that_is_no_time_is_refused_before_any_call(
    rag: RagClient, server: FakeServer, timeout: float
) -> None:
    with pytest.raises(InvalidArgument, match="timeout"):
        rag.server_info(timeout=timeout)
    assert server.seen == []


def test_the_key_travels_as_metadata(server: FakeServer) -> None:
    with RagClient(server.address, api_key="secret-key") as rag:
        rag.server_info()
    assert server.seen[0].metadata["x-api-key"] == "secret-key"


def test_a_closed_client_says_so_and_may_be_closed_again(server: FakeServer) -> None:
    rag = RagClient(server.address)
    rag.server_info()
    rag.close()
    rag.close()
    with pytest.raises(RagError) as caught:
        rag.server_info()
    assert caught.value.reason == "CLIENT_CLOSED"
