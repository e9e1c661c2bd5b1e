"""From messages about hits and answers to the client's values."""

from collections.abc import Iterable
from typing import Any

from ragrpc.v1 import rag_service_pb2, retrieval_pb2

from rag_client import types
from rag_client._convert.errors import error_of_status
from rag_client._convert.metadata import metadata_of
from rag_client._convert.parts import enum_of, span, spans, timings
from rag_client._convert.understanding import understanding
from rag_client.errors import RagError


def retrieve_results(
    message: rag_service_pb2.BatchRetrieveResponse,
) -> list[types.Retrieval | RagError]:
    """One result or error per request."""
    return [
        error_of_status(each.error) if each.HasField("error") else retrieval(each.response)
        for each in message.results
    ]


def hits(messages: Iterable[retrieval_pb2.Hit]) -> tuple[types.Hit, ...]:
    """Hits in the order given."""
    return tuple([_hit(each) for each in messages])


def _hit(message: retrieval_pb2.Hit) -> types.Hit:
    return types.Hit(
        document_id=message.document_id,
        chunk_id=message.chunk_id,
        title=message.title,
        text=message.text,
        spans=spans(message.spans),
        metadata=metadata_of(message.metadata),
        score=message.score,
        stage_scores=stage_scores(message.stage_scores),
        ordinal=message.ordinal,
        matched_spans=spans(message.matched_spans),
    )


def stage_scores(
    messages: Iterable[retrieval_pb2.StageScore],
) -> tuple[types.StageScore, ...]:
    """What the stages thought of a hit, in order."""
    return tuple([types.StageScore(each.stage, each.score, each.rank) for each in messages])


def usage(message: retrieval_pb2.Usage) -> types.Usage:
    """What a call consumed."""
    return types.Usage(
        message.query_embedding_count,
        message.prompt_token_count,
        message.completion_token_count,
        message.text_embedding_count,
    )


def retrieval(message: rag_service_pb2.RetrieveResponse) -> types.Retrieval:
    """What was found."""
    return types.Retrieval(hits=hits(message.hits), **_account(message))


def answer(message: rag_service_pb2.QueryResponse) -> types.Answer:
    """An answer."""
    return types.Answer(
        text=message.answer,
        citations=tuple(citation(each) for each in message.citations),
        abstain_reasons=tuple(_abstain_reason(each) for each in message.abstain_reasons),
        hits=hits(message.hits),
        unsupported_spans=spans(message.unsupported_spans),
        **_account(message),
    )


def _account(
    message: rag_service_pb2.RetrieveResponse | rag_service_pb2.QueryResponse,
) -> dict[str, Any]:
    origin = message.provenance
    return {
        "timings": timings(message.timings),
        "usage": usage(message.usage),
        "provenance": types.Provenance(
            origin.embedder,
            origin.generation,
            origin.revision,
            origin.pipeline,
            origin.generator,
            tuple(origin.served_by),
        ),
        "degradations": tuple(degradation(each) for each in message.degradations),
        "cache": types.CacheStatus(message.cache.query_embedding_hit),
        "funnel": tuple(
            types.FunnelStep(each.step, each.candidate_count, each.detail)
            for each in message.funnel
        ),
        "understanding": (
            understanding(message.understanding) if message.HasField("understanding") else None
        ),
    }


def degradation(message: retrieval_pb2.Degradation) -> types.Degradation:
    """Something that was served differently."""
    kind = enum_of(
        types.DegradationKind,
        "KIND_",
        retrieval_pb2.Degradation.Kind,
        message.kind,
        types.DegradationKind.UNSPECIFIED,
    )
    return types.Degradation(kind, message.stage, message.detail)


def _abstain_reason(number: int) -> types.AbstainReason:
    return enum_of(
        types.AbstainReason,
        "ABSTAIN_REASON_",
        rag_service_pb2.AbstainReason,
        number,
        types.AbstainReason.UNSPECIFIED,
    )


def citation(message: rag_service_pb2.Citation) -> types.Citation:
    """A citation."""
    return types.Citation(
        document_id=message.document_id,
        chunk_id=message.chunk_id,
        answer_span=span(message.answer_span),
        source_span=span(message.source_span),
        source_text=message.source_text,
        support=message.support,
        hit_index=message.hit_index,
    )


def event(message: rag_service_pb2.StreamQueryResponse) -> types.Event | None:
    """A streamed event; None for one that this client does not know."""
    sequence = message.sequence
    match message.WhichOneof("event"):
        case "started":
            return types.Started(sequence, message.started.request_id, message.started.revision)
        case "hits":
            return types.HitsFound(sequence, hits(message.hits.hits))
        case "delta":
            return types.TextDelta(sequence, message.delta.text)
        case "citation":
            return types.CitationFound(sequence, citation(message.citation))
        case "retraction":
            retracted = message.retraction
            return types.TextRetracted(sequence, span(retracted.answer_span), retracted.reason)
        case "degradation":
            return types.Degraded(sequence, degradation(message.degradation))
        case "completed":
            return types.Completed(sequence, answer(message.completed))
        case _:
            return None
