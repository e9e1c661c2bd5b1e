from datetime import UTC, datetime

import pytest
from ragrpc.v1 import (
    admin_service_pb2,
    document_service_pb2,
    rag_service_pb2,
    retrieval_pb2,
)

from rag_client import AbstainReason, Degradation, DegradationKind, InvalidArgument, Span
from rag_client import types as client_types
from rag_client._convert import answers, documents, server
from rag_client._convert.requests import query, retrieve
from rag_client.filters import F
from rag_client.types import (
    DenseRetriever,
    ExtractiveGenerator,
    Health,
    OpenAiGenerator,
    OutcomeKind,
    PipelineSpec,
    RetrieveRequest,
)

ENUMS = [
    (document_service_pb2.UpsertOutcome.Kind, OutcomeKind, "KIND_"),
    (rag_service_pb2.AbstainReason, AbstainReason, "ABSTAIN_REASON_"),
    (retrieval_pb2.Degradation.Kind, DegradationKind, "KIND_"),
    (document_service_pb2.ContentType, client_types.ContentType, "CONTENT_TYPE_"),
]


@pytest.mark.parametrize(("message", "kind", "prefix"), ENUMS)
def test_every_value_of_the_contract_has_a_member(
    message: object, kind: type[OutcomeKind], prefix: str
) -> None:
    names = {name.removeprefix(prefix) for name in message.keys()}  # type: ignore[attr-defined]  # noqa: SIM118  # an enum wrapper
    assert names - {"UNSPECIFIED"} == set(kind.__members__) - {"UNSPECIFIED"}


def test_a_value_that_is_newer_than_the_client_is_unspecified() -> None:
    degradation = retrieval_pb2.Degradation(kind=99, stage="s", detail="d")  # type: ignore[arg-type]  # newer
    assert answers.degradation(degradation) == Degradation(DegradationKind.UNSPECIFIED, "s", "d")
    response = rag_service_pb2.QueryResponse(abstain_reasons=[99])  # type: ignore[list-item]  # newer
    assert answers.answer(response).abstain_reasons == (AbstainReason.UNSPECIFIED,)


def test_a_stored_document_is_read_whole() -> None:
    message = document_service_pb2.StoredDocument(
        id="a", text="t", content_type=document_service_pb2.CONTENT_TYPE_HTML, title="T", revision=3
    )
    message.update_time.FromJsonString("2025-01-02T03:04:05.678901Z")
    stored = documents.stored_document(message)
    assert stored.updated_at == datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert (stored.id, stored.content_type, stored.revision) == ("a", "html", 3)


def test_an_answer_is_read_whole() -> None:
    span = retrieval_pb2.Span(start=1, end=4)
    message = rag_service_pb2.QueryResponse(
        answer="text",
        unsupported_spans=[span],
        usage=retrieval_pb2.Usage(prompt_token_count=7),
        cache=retrieval_pb2.CacheStatus(query_embedding_hit=True),
    )
    answer = answers.answer(message)
    assert answer.unsupported_spans == (Span(1, 4),)
    assert answer.usage.prompt_token_count == 7
    assert answer.cache.query_embedding_hit


@pytest.mark.parametrize(
    ("number", "health"),
    [(0, Health.UNKNOWN), (1, Health.SERVING), (2, Health.NOT_SERVING), (3, Health.UNKNOWN)],
)
def test_health_is_that_of_the_grpc_protocol(number: int, health: Health) -> None:
    assert server.health(number) is health


def test_the_state_of_parts_is_read() -> None:
    part = admin_service_pb2.ComponentStatus(
        name="catalog", state=admin_service_pb2.ComponentStatus.STATE_NOT_SERVING
    )
    info = server.server_info(admin_service_pb2.GetServerInfoResponse(components=[part]))
    assert info.components[0].state is Health.NOT_SERVING


def test_what_is_not_given_is_not_sent() -> None:
    message = retrieve(RetrieveRequest("c", "q"))
    assert message == rag_service_pb2.RetrieveRequest(collection="c", query="q")
    assert not message.HasField("top_k")
    assert not message.HasField("consistency")


def test_what_is_given_is_sent() -> None:
    message = retrieve(
        RetrieveRequest(
            "c",
            "q",
            top_k=0,
            filter=F("a") == 1,
            spec=PipelineSpec(DenseRetriever(min_score=0.0)),
            at_least_as_fresh="token",
            explain=True,
        )
    )
    assert message.HasField("top_k")
    assert message.spec.retriever.dense.HasField("min_score")
    assert message.consistency.at_least_as_fresh == "token"
    assert message.filter.comparison.field == "a"
    assert message.explain


def test_a_pipeline_and_a_spec_together_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="not both"):
        retrieve(RetrieveRequest("c", "q", pipeline="fast", spec=PipelineSpec()))


def test_generators_are_messages_of_their_own() -> None:
    request = RetrieveRequest("c", "q")
    assert not query(request, None).HasField("generator")
    assert query(request, ExtractiveGenerator(2)).generator.extractive.max_sentences == 2
    assert query(request, OpenAiGenerator(temperature=0.0)).generator.openai.HasField("temperature")
