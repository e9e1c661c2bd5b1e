from typing import Any

import pytest
from ragrpc.v1 import pipeline_pb2 as pb

from rag_client import types
from rag_client._convert.pipelines import pipeline, pipeline_message
from rag_client.errors import InvalidArgument
from rag_server.core.errors import InvalidRequest
from rag_server.core.specs import (
    ConvexSpec,
    CrossEncoderSpec,
    CustomRerankSpec,
    CustomSpec,
    DenseSpec,
    Expansion,
    HybridSpec,
    HydeSpec,
    LlmRerankSpec,
    MaxSimSpec,
    MmrSpec,
    MultiQuerySpec,
    Normalisation,
    ParentDocumentSpec,
    PipelineSpec,
    RerankerSpec,
    RetrieverSpec,
    RrfSpec,
    SentenceSpec,
    WeightedSpec,
    asks_model,
)
from rag_server.transport.convert.pipelines import fill_pipeline, pipeline_of

DENSE = WeightedSpec(DenseSpec(-0.5), 0.5)
SPECS: list[RetrieverSpec] = [
    DenseSpec(),
    DenseSpec(0.0),
    SentenceSpec(),
    SentenceSpec(SentenceSpec(DenseSpec(0.25)), 7),
    HybridSpec((DENSE, WeightedSpec(SentenceSpec()))),
    ParentDocumentSpec(),
    MultiQuerySpec(DenseSpec(0.25)),
    MultiQuerySpec(SentenceSpec(), 5, 3.0, 7),
    HydeSpec(),
    HydeSpec(SentenceSpec(), 4),
    CustomSpec("recent"),
    CustomSpec("recent", {"field": "on", "weight": 0.5, "days": 3}, SentenceSpec()),
    ParentDocumentSpec(SentenceSpec(), 9, 3, Expansion.AUTO_MERGE, 0.25, 500, 2),
    HybridSpec((DENSE, DENSE, DENSE), RrfSpec(3.0), 55),
    HybridSpec((DENSE, WeightedSpec(SentenceSpec(), 3.0)), ConvexSpec(Normalisation.MIN_MAX)),
]


@pytest.mark.parametrize("spec", SPECS)
def test_a_spec_comes_back_as_it_went(spec: RetrieverSpec) -> None:
    message = pb.PipelineSpec()
    fill_pipeline(PipelineSpec(spec), message)
    assert pipeline_of(message) == PipelineSpec(spec)
    # The client reads and writes the same.
    read = pipeline(message)
    assert read is not None
    assert pipeline_message(read) == message


RERANKERS: list[RerankerSpec] = [
    MmrSpec(),
    MmrSpec(0.0, 3),
    CrossEncoderSpec(7),
    LlmRerankSpec(),
    CustomRerankSpec("quoted", {"weight": 0.5, "days": 3}, 9),
    MaxSimSpec(0.5),
]


def test_rerankers_come_back_in_order() -> None:
    spec = PipelineSpec(DenseSpec(), tuple(RERANKERS))
    message = pb.PipelineSpec()
    fill_pipeline(spec, message)
    assert pipeline_of(message) == spec
    read = pipeline(message)
    assert read is not None
    assert pipeline_message(read) == message


def test_what_the_client_leaves_out_has_the_defaults() -> None:
    parts = [
        types.WeightedRetriever(types.DenseRetriever()),
        types.WeightedRetriever(types.SentenceRetriever()),
    ]
    message = pipeline_message(types.PipelineSpec(types.HybridRetriever(parts)))
    expected = HybridSpec((WeightedSpec(DenseSpec()), WeightedSpec(SentenceSpec())))
    assert pipeline_of(message).retriever == expected


@pytest.mark.parametrize(
    ("retriever", "field"),
    [
        ("dense", "spec.retriever"),
        (types.HybridRetriever([types.DenseRetriever()]), "spec.retriever.parts[0]"),  # type: ignore[list-item]  # what is refused
        (types.SentenceRetriever(base=3), "spec.retriever.base"),  # type: ignore[arg-type]  # as above
    ],
)
def test_the_client_refuses_what_is_no_strategy(retriever: object, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pipeline_message(types.PipelineSpec(retriever))  # type: ignore[arg-type]  # as above
    assert [each.field for each in caught.value.violations] == [field]


def test_the_client_refuses_what_is_no_reranker() -> None:
    wrong: Any = [types.MmrReranker(), types.DenseRetriever()]
    with pytest.raises(InvalidArgument) as caught:
        pipeline_message(types.PipelineSpec(rerankers=wrong))
    assert [each.field for each in caught.value.violations] == ["spec.rerankers[1]"]


def test_a_spec_that_asks_for_too_much_is_refused() -> None:
    eight = HybridSpec((WeightedSpec(DenseSpec()),) * 8)
    message = pb.PipelineSpec()
    fill_pipeline(PipelineSpec(HybridSpec((WeightedSpec(eight),) * 5)), message)
    with pytest.raises(InvalidRequest, match="asks for over 32 searches"):
        pipeline_of(message)


def test_each_wording_counts_as_a_search() -> None:
    parts = (WeightedSpec(DenseSpec()),) * 8
    message = pb.PipelineSpec()
    fill_pipeline(PipelineSpec(MultiQuerySpec(HybridSpec(parts), variants=4)), message)
    with pytest.raises(InvalidRequest, match="asks for over 32 searches"):
        pipeline_of(message)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (DenseSpec(), False),
        (HybridSpec((DENSE, DENSE)), False),
        (MultiQuerySpec(DenseSpec()), True),
        (HydeSpec(), True),
        (ParentDocumentSpec(HybridSpec((DENSE, WeightedSpec(MultiQuerySpec(DenseSpec()))))), True),
    ],
)
def test_it_is_known_where_a_model_is_asked(spec: RetrieverSpec, expected: bool) -> None:
    assert asks_model(PipelineSpec(spec)) is expected
    assert asks_model(PipelineSpec(spec, (MmrSpec(),))) is expected
    assert asks_model(PipelineSpec(spec, (LlmRerankSpec(),)))


def test_a_strategy_of_a_newer_server_is_none() -> None:
    assert pipeline(pb.PipelineSpec(retriever=pb.Retriever())) is None
