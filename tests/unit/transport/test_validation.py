import re
from pathlib import Path

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from ragrpc.v1 import collection_service_pb2 as collections_pb
from ragrpc.v1 import document_service_pb2 as documents_pb
from ragrpc.v1 import pipeline_pb2 as pipeline
from ragrpc.v1 import rag_service_pb2 as rag_pb

from rag_server.core.errors import InvalidRequest
from rag_server.transport.contract import SERVICES
from rag_server.transport.validation import RULES, check, required

PROTOS = Path(__file__).parents[3] / "protos" / "ragrpc" / "v1"


def fields_wrong(message: Message) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        check(message)
    return [each.field for each in caught.value.violations]


def a_question(**fields: object) -> rag_pb.RetrieveRequest:
    return rag_pb.RetrieveRequest(**{"collection": "c", "query": "q", **fields})  # type: ignore[arg-type]  # any field


def a_rerank(*ids: str, text: str = "x", title: str = "") -> rag_pb.RerankRequest:
    texts = [rag_pb.RerankText(id=each, text=text, title=title) for each in ids]
    return rag_pb.RerankRequest(query="q", texts=texts)


def test_texts_up_to_the_bound_pass() -> None:
    check(a_rerank(*map(str, range(200)), text="x" * (1024 * 1024 // 200)))


@pytest.mark.parametrize("today", ["1000-01-01", "2024-02-29", "8999-12-31"])
def test_a_day_that_others_can_be_counted_from_passes(today: str) -> None:
    check(pipeline.SelfQueryRetriever(today=today))


def test_a_plain_question_passes() -> None:
    check(a_question())


@pytest.mark.parametrize(
    "requests",
    [
        [a_question()] * 100,
        [a_question(top_k=1_000)],
        [a_question(top_k=990), a_question()],
        [a_question(top_k=1_000), a_question(top_k=5_000), a_question(top_k=-1)],
    ],
)
def test_a_batch_may_ask_for_a_thousand_hits(requests: list[rag_pb.RetrieveRequest]) -> None:
    check(rag_pb.BatchRetrieveRequest(requests=requests))


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (a_question(collection=""), "collection"),
        (a_question(collection="Has Space"), "collection"),
        (a_question(collection="x" * 64), "collection"),
        (a_question(query=""), "query"),
        (a_question(query=" \n\t"), "query"),
        (a_question(query="x" * 8_193), "query"),
        (a_question(top_k=0), "top_k"),
        (a_question(top_k=-1), "top_k"),
        (a_question(top_k=1_001), "top_k"),
        (a_question(spec=pipeline.PipelineSpec()), "spec.retriever"),
        (pipeline.SelfQueryRetriever(today="2025-3-1"), "today"),
        (pipeline.SelfQueryRetriever(today="0001-01-01"), "today"),
        (pipeline.SelfQueryRetriever(today="9999-12-31"), "today"),
        (
            a_question(spec=pipeline.PipelineSpec(retriever=pipeline.Retriever())),
            "spec.retriever.strategy",
        ),
        (
            a_question(
                spec=pipeline.PipelineSpec(
                    retriever=pipeline.Retriever(
                        dense=pipeline.DenseRetriever(min_score=float("nan"))
                    )
                )
            ),
            "spec.retriever.dense.min_score",
        ),
        (rag_pb.BatchRetrieveRequest(), "requests"),
        (rag_pb.BatchRetrieveRequest(requests=[a_question(top_k=1)] * 101), "requests"),
        (rag_pb.BatchRetrieveRequest(requests=[a_question(top_k=501)] * 2), "requests"),
        (
            rag_pb.BatchRetrieveRequest(requests=[a_question(top_k=991), a_question()]),
            "requests",
        ),
        (rag_pb.QueryRequest(), "retrieval"),
        (rag_pb.QueryRequest(retrieval=a_question(query="")), "retrieval.query"),
        (
            rag_pb.QueryRequest(retrieval=a_question(), generator=rag_pb.Generator()),
            "generator.strategy",
        ),
        (
            rag_pb.StreamQueryRequest(query=rag_pb.QueryRequest(retrieval=a_question(top_k=0))),
            "query.retrieval.top_k",
        ),
        (rag_pb.RerankRequest(query="q"), "texts"),
        (a_rerank(*map(str, range(201))), "texts"),
        (a_rerank("a", "a"), "texts"),
        (a_rerank("a", text="x" * (1024 * 1024 + 1)), "texts"),
        (a_rerank("a", "b", text="x" * (512 * 1024 + 1)), "texts"),
        (a_rerank(""), "texts[0].id"),
        (a_rerank("a", "b\n"), "texts[1].id"),
        (a_rerank("a", text=" "), "texts[0].text"),
        (a_rerank("a", title="t" * 1_025), "texts[0].title"),
        (rag_pb.RerankRequest(texts=a_rerank("a").texts), "query"),
        (
            rag_pb.RerankRequest(
                query="q",
                texts=a_rerank("a").texts,
                reranker=pipeline.Reranker(mmr=pipeline.MmrReranker(relevance=2)),
            ),
            "reranker.mmr.relevance",
        ),
        (documents_pb.UpsertDocumentsRequest(collection="c"), "documents"),
        (
            documents_pb.UpsertDocumentsRequest(
                collection="c", documents=[documents_pb.Document(id="a", content="x")] * 2
            ),
            "documents",
        ),
        (documents_pb.StreamIngestRequest(frames=[documents_pb.IngestFrame()] * 4_097), "frames"),
        (documents_pb.Document(id="a", content=" \n"), "content"),
        (documents_pb.Document(id="a", content="x" * (4 * 1024 * 1024 + 1)), "content"),
        (documents_pb.Document(id="a\nb", content="x"), "id"),
        (documents_pb.Document(id="a" * 513, content="x"), "id"),
        (documents_pb.Document(id="a", content="x", title="t" * 1_025), "title"),
        (
            documents_pb.DeleteDocumentsRequest(collection="c", document_ids=["a", "a"]),
            "document_ids",
        ),
        (documents_pb.DeleteDocumentsRequest(collection="c", document_ids=[""]), "document_ids"),
        (documents_pb.ListDocumentsRequest(collection="c", page_size=0), "page_size"),
        (documents_pb.ListChunksRequest(collection="c"), "document_id"),
        (collections_pb.CreateCollectionRequest(collection="-x"), "collection"),
    ],
)
def test_a_field_out_of_bounds_is_named(message: Message, field: str) -> None:
    assert fields_wrong(message) == [field]


def test_every_wrong_field_is_named_at_once() -> None:
    assert fields_wrong(a_question(collection="", top_k=0)) == ["collection", "top_k"]


def test_required_fields_come_from_the_contract() -> None:
    assert required(rag_pb.RetrieveRequest) == ("collection",)


def test_every_request_of_the_contract_with_fields_has_rules() -> None:
    requests = {
        GetMessageClass(method.input_type)
        for service in SERVICES.values()
        for method in service.methods
        if method.input_type.fields
    }
    assert requests - set(RULES) == set()


def test_rules_name_fields_that_exist() -> None:
    for message, rules in RULES.items():
        assert {rule.field for rule in rules} <= set(message.DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize(
    ("message", "field", "stated", "good", "bad"),
    [
        (rag_pb.RetrieveRequest, "top_k", "1 to 1,000", 1_000, 1_001),
        (rag_pb.ExtractiveGenerator, "max_sentences", "1 to 10", 10, 11),
        (rag_pb.OpenAiGenerator, "max_output_tokens", "1 to 8,192", 8_192, 8_193),
        (documents_pb.ListDocumentsRequest, "page_size", "1 to 1,000", 1_000, 1_001),
        (rag_pb.RerankRequest, "top_k", "1 to 200", 200, 201),
        (pipeline.DenseRetriever, "min_score", "-1 to 1", 1.0, 1.1),
    ],
)
def test_bounds_are_those_that_the_comments_state(
    message: type[Message], field: str, stated: str, good: float, bad: float
) -> None:
    assert stated in comment_of(message.DESCRIPTOR.name, field)
    (rule,) = [each for each in RULES[message] if each.field == field]
    assert rule.test(good) is None
    assert rule.test(bad) is not None


def comment_of(message: str, field: str) -> str:
    source = "\n".join(path.read_text() for path in PROTOS.glob("*.proto"))
    body = re.search(rf"^message {message} {{(.*?)^}}", source, re.S | re.M)
    assert body is not None
    found = re.search(rf"((?: *//[^\n]*\n)+)[^\n/]*\b{field} = \d+", body[1])
    assert found is not None
    return found[1]
