import pytest

from rag_client import (
    DenseRetriever,
    Document,
    F,
    HybridRetriever,
    InvalidArgument,
    MmrReranker,
    NotFound,
    PipelineSpec,
    RagClient,
    Retrieval,
    RetrieveRequest,
    SentenceRetriever,
    WeightedRetriever,
)
from tests.waiting import eventually

ANIMALS = [
    Document("cats", "Cats purr when they are content.", metadata={"legs": 4, "home": True}),
    Document("hens", "Hens lay eggs in the morning.", metadata={"legs": 2, "home": True}),
    Document("ants", "Ants build hills and farm aphids.", metadata={"legs": 6, "home": False}),
    Document("eels", "Eels swim to the Sargasso Sea.", metadata={"home": False}),
]


@pytest.fixture
def animals(rag: RagClient, collection: str) -> str:
    rag.documents.upsert(collection, ANIMALS)
    return collection


def ids(found: Retrieval) -> list[str]:
    return [hit.document_id for hit in found.hits]


def test_the_fitting_document_comes_first(rag: RagClient, animals: str) -> None:
    assert ids(rag.retrieve(animals, "Which animal purrs?"))[0] == "cats"
    assert ids(rag.retrieve(animals, "Who swims in the sea?"))[0] == "eels"


def test_hits_are_ordered_by_score_and_carry_their_stages(rag: RagClient, animals: str) -> None:
    hits = rag.retrieve(animals, "eggs for breakfast", pipeline="fast").hits
    assert len(hits) == len(ANIMALS)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert [(s.stage, s.rank) for hit in hits for s in hit.stage_scores] == [
        ("dense", rank) for rank in range(1, len(ANIMALS) + 1)
    ]


def test_top_k_bounds_the_hits(rag: RagClient, animals: str) -> None:
    assert len(rag.retrieve(animals, "animals", top_k=2).hits) == 2


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (F("legs") >= 4, {"cats", "ants"}),
        (F("home") == True, {"cats", "hens"}),  # noqa: E712 - the DSL compares
        (~(F("legs") == 4), {"hens", "ants", "eels"}),
        (F("legs").is_in([2, 6]), {"hens", "ants"}),
        (F("legs").missing(), {"eels"}),
        ((F("legs") < 5) & (F("home") == True), {"cats", "hens"}),  # noqa: E712 - as above
        (F("legs") > 100, set()),
    ],
)
def test_filters_narrow_the_hits_exactly(
    rag: RagClient, animals: str, filter: object, expected: set[str]
) -> None:
    found = rag.retrieve(animals, "animals", filter=filter)  # type: ignore[arg-type]  # a Filter
    assert set(ids(found)) == expected


def test_a_spec_can_set_the_least_score(rag: RagClient, animals: str) -> None:
    spec = PipelineSpec(DenseRetriever(min_score=0.4))
    found = rag.retrieve(animals, "Which animal purrs?", spec=spec)
    assert ids(found) == ["cats"]
    assert found.provenance.pipeline == "custom"


def test_a_hybrid_says_what_each_part_thought(rag: RagClient, animals: str) -> None:
    parts = [WeightedRetriever(DenseRetriever()), WeightedRetriever(SentenceRetriever(), 0.5)]
    spec = PipelineSpec(HybridRetriever(parts))
    found = rag.retrieve(animals, "Which animal purrs?", spec=spec, explain=True)
    assert ids(found)[0] == "cats"
    assert [each.stage for each in found.hits[0].stage_scores] == ["dense", "sentence", "hybrid"]
    assert [each.stage_scores[-1].rank for each in found.hits] == [1, 2, 3, 4]
    assert found.hits[0].stage_scores[-1].score == found.hits[0].score
    assert "fused" in [each.step for each in found.funnel]


def test_a_reranker_has_the_last_word(rag: RagClient, collection: str) -> None:
    told = "Cats purr when they are content."
    again = [Document(f"again{n}", told + "!" * n) for n in range(4)]
    rag.documents.upsert(collection, [*again, Document("eels", "Eels swim to the Sargasso Sea.")])
    plain = rag.retrieve(collection, "Which animal purrs?", top_k=2)
    spec = PipelineSpec(rerankers=[MmrReranker(relevance=0.3)])
    found = rag.retrieve(collection, "Which animal purrs?", top_k=2, spec=spec, explain=True)
    assert "eels" not in ids(plain)
    assert ids(found)[1] == "eels"
    assert [[each.stage for each in hit.stage_scores] for hit in found.hits] == [
        ["dense", "mmr"]
    ] * 2
    assert [hit.stage_scores[-1].score for hit in found.hits] == [hit.score for hit in found.hits]
    assert "rerank" in {each.stage for each in found.timings}
    assert ("reranked", 2) in {(each.step, each.candidate_count) for each in found.funnel}


def test_a_wrong_part_is_named_by_its_place(rag: RagClient, animals: str) -> None:
    parts = [WeightedRetriever(DenseRetriever()), WeightedRetriever(DenseRetriever(7.0))]
    with pytest.raises(InvalidArgument) as caught:
        rag.retrieve(animals, "purrs", spec=PipelineSpec(HybridRetriever(parts)))
    wrong = [each.field for each in caught.value.violations]
    assert wrong == ["spec.retriever.hybrid.parts[1].retriever.dense.min_score"]


def test_the_server_spells_out_its_pipelines(rag: RagClient, animals: str) -> None:
    known = {each.name: each for each in rag.server_info().pipelines}
    assert [each.name for each in known.values() if each.default] == ["default"]
    spec = known["default"].spec
    assert spec is not None
    # From then on both are scored in memory, by the same arithmetic.
    eventually(lambda: "catalog" not in rag.retrieve(animals, "cats").provenance.served_by)
    named = rag.retrieve(animals, "Which animal purrs?")
    spelled = rag.retrieve(animals, "Which animal purrs?", spec=spec)
    assert [each.score for each in spelled.hits] == [each.score for each in named.hits]


def test_a_response_says_how_it_came_about(rag: RagClient, animals: str) -> None:
    found = rag.retrieve(animals, "Do ants have hills of their own?", explain=True)
    assert {"embed", "search", "read"} <= {each.stage for each in found.timings}
    assert found.usage.query_embedding_count == 1
    assert found.provenance.revision == rag.collections.get(animals).revision
    assert found.degradations == ()
    assert found.funnel[-1].step == "returned"
    assert found.funnel[-1].candidate_count == len(found.hits)


def test_a_repeated_question_is_not_embedded_again(rag: RagClient, animals: str) -> None:
    question = "Is this asked twice, or three times?"
    assert not rag.retrieve(animals, question).cache.query_embedding_hit
    again = rag.retrieve(animals, f"  {question} ")
    assert again.cache.query_embedding_hit
    assert again.usage.query_embedding_count == 0


def test_an_empty_collection_has_no_hits(rag: RagClient, collection: str) -> None:
    assert rag.retrieve(collection, "anything").hits == ()


def test_an_update_replaces_what_is_found(rag: RagClient, animals: str) -> None:
    rag.documents.upsert(animals, [Document("cats", "Cats hunt mice at night.")])
    hits = rag.retrieve(animals, "cats").hits
    assert [hit.text for hit in hits if hit.document_id == "cats"] == ["Cats hunt mice at night."]


def test_a_batch_answers_each_request_by_itself(rag: RagClient, animals: str) -> None:
    results = rag.batch_retrieve(
        [
            RetrieveRequest(animals, "Which animal purrs?", top_k=1),
            RetrieveRequest("no-such-collection", "x"),
            RetrieveRequest(animals, "x", top_k=5_000),
            RetrieveRequest(animals, "Who lays eggs?", top_k=1),
        ]
    )
    assert isinstance(results[0], Retrieval)
    assert isinstance(results[3], Retrieval)
    assert (ids(results[0]), ids(results[3])) == (["cats"], ["hens"])
    assert isinstance(results[1], NotFound)
    assert isinstance(results[2], InvalidArgument)
    assert results[2].violations[0].field == "top_k"


def test_an_unknown_pipeline_is_not_found(rag: RagClient, animals: str) -> None:
    with pytest.raises(NotFound) as caught:
        rag.retrieve(animals, "x", pipeline="turbo")
    assert caught.value.reason == "PIPELINE_NOT_FOUND"


def test_an_unknown_collection_is_not_found(rag: RagClient) -> None:
    with pytest.raises(NotFound) as caught:
        rag.retrieve("nowhere", "x")
    assert caught.value.reason == "COLLECTION_NOT_FOUND"
