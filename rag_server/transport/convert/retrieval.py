"""Questions and hits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragrpc.v1 import rag_service_pb2 as pb
from ragrpc.v1 import retrieval_pb2
from ragrpc.v1.retrieval_pb2 import Hit as pb_Hit

from rag_server.core.documents import StoredChunk
from rag_server.core.errors import InvalidRequest, Violation
from rag_server.core.retrieval import (
    Degradation,
    ExtractiveSpec,
    GeneratorSpec,
    Hit,
    OpenAiSpec,
    QueryRequest,
    Retrieval,
    RetrieveRequest,
    RetrieveResult,
    Timing,
    Usage,
)
from rag_server.core.specs import PipelineSpec
from rag_server.transport.convert.metadata import fill_metadata, filter_of
from rag_server.transport.convert.pipelines import pipeline_of
from rag_server.transport.convert.understanding import fill_understanding
from rag_server.transport.errors import status_of

if TYPE_CHECKING:
    # Private to protobuf, and the only name for what a repeated field is.
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer


def retrieve_request(message: pb.RetrieveRequest) -> RetrieveRequest:
    """A question; its fields have been checked. Raises InvalidRequest for the filter."""
    return RetrieveRequest(
        collection=message.collection,
        query=message.query,
        top_k=message.top_k if message.HasField("top_k") else 10,
        filter=filter_of(message.filter) if message.HasField("filter") else None,
        plan=_plan(message),
        consistency_token=message.consistency.at_least_as_fresh,
        image=message.image,
    )


def query_request(message: pb.QueryRequest) -> QueryRequest:
    """A question to be answered. Raises InvalidRequest also for one without words."""
    if not message.retrieval.query:
        raise InvalidRequest.of(Violation("retrieval.query", "is required"))
    return QueryRequest(retrieve_request(message.retrieval), _generator(message.generator))


def retrieve_response(found: Retrieval, explain: bool) -> pb.RetrieveResponse:
    """Hits and how they came about."""
    message = pb.RetrieveResponse()
    fill_report(found, explain, message)
    return message


def retrieve_result(result: RetrieveResult, explain: bool) -> pb.RetrieveResult:
    """One result of a batch."""
    if result.retrieval is not None:
        return pb.RetrieveResult(response=retrieve_response(result.retrieval, explain))
    assert result.error is not None
    return pb.RetrieveResult(error=status_of(result.error))


def fill_hits(hits: Sequence[Hit], target: "RepeatedCompositeFieldContainer[pb_Hit]") -> None:
    """Put hits into a message's list.

    In place, since building messages and copying them into their parents costs four
    times as much, and this is done for every hit of every answer.
    """
    for hit in hits:
        _fill_hit(hit, target.add())


def _fill_hit(hit: Hit, target: pb_Hit) -> None:
    chunk = hit.chunk
    target.document_id = chunk.document_id
    target.chunk_id = chunk.id
    target.title = chunk.title
    target.text = chunk.text
    target.score = hit.score
    target.ordinal = chunk.ordinal
    target.spans.add(start=chunk.span.start, end=chunk.span.end)
    for matched in hit.matched:
        target.matched_spans.add(start=matched.start, end=matched.end)
    fill_metadata(chunk.metadata, target.metadata)
    _fill_place(chunk, target)
    for each in hit.stages:
        target.stage_scores.add(stage=each.stage, score=each.score, rank=each.rank)


def _fill_place(chunk: StoredChunk, target: pb_Hit) -> None:
    """Where the chunk stands, unless the document's own metadata has these names."""
    if chunk.page is not None and "page" not in chunk.metadata:
        target.metadata["page"].int64_value = chunk.page
    if chunk.heading and "heading" not in chunk.metadata:
        target.metadata["heading"].string_value = chunk.heading


def fill_report(
    found: Retrieval, explain: bool, target: pb.RetrieveResponse | pb.QueryResponse
) -> None:
    """Put into a response how its hits came about."""
    fill_hits(found.hits, target.hits)
    fill_timings(found.timings, target.timings)
    fill_usage(found.usage, target.usage)
    target.cache.query_embedding_hit = found.query_embedding_hit
    target.provenance.embedder = found.provenance.embedder
    target.provenance.generation = found.provenance.generation
    target.provenance.revision = found.provenance.revision
    target.provenance.pipeline = found.provenance.pipeline
    target.provenance.generator = found.provenance.generator
    target.provenance.served_by.extend(found.provenance.served_by)
    target.degradations.extend(map(degradation_message, found.degradations))
    if explain:
        for step in found.funnel:
            target.funnel.add(step=step.step, candidate_count=step.count, detail=step.detail)
        if found.understanding is not None:
            fill_understanding(found.understanding, target.understanding)


def fill_usage(usage: Usage, target: retrieval_pb2.Usage) -> None:
    """Put into a message what a call consumed."""
    target.query_embedding_count = usage.query_embeddings
    target.prompt_token_count = usage.prompt_tokens
    target.completion_token_count = usage.completion_tokens
    target.text_embedding_count = usage.text_embeddings


def fill_timings(
    timings: Sequence[Timing], target: "RepeatedCompositeFieldContainer[retrieval_pb2.StageTiming]"
) -> None:
    """Put stage timings into a message's list, in order."""
    for each in timings:
        target.add(stage=each.stage, milliseconds=each.milliseconds)


def degradation_message(degradation: Degradation) -> retrieval_pb2.Degradation:
    """What was served differently."""
    return retrieval_pb2.Degradation(
        kind=f"KIND_{degradation.kind}",
        stage=degradation.stage,
        detail=degradation.detail,
    )


def _plan(message: pb.RetrieveRequest) -> str | PipelineSpec:
    if message.WhichOneof("plan") == "spec":
        return pipeline_of(message.spec)
    return message.pipeline


def _generator(message: pb.Generator) -> GeneratorSpec | None:
    match message.WhichOneof("strategy"):
        case "extractive":
            extractive = message.extractive
            limited = extractive.HasField("max_sentences")
            return ExtractiveSpec(extractive.max_sentences) if limited else ExtractiveSpec()
        case "openai":
            return OpenAiSpec(
                message.openai.max_output_tokens
                if message.openai.HasField("max_output_tokens")
                else None,
                message.openai.temperature if message.openai.HasField("temperature") else None,
            )
        case _:
            return None
