"""Texts that come with a call, and their order."""

from ragrpc.v1 import rag_service_pb2 as pb

from rag_server.core.given import GivenText
from rag_server.core.reranking import RerankedTexts, RerankRequest
from rag_server.core.retrieval import Candidate
from rag_server.transport.convert.pipelines import reranker_of
from rag_server.transport.convert.retrieval import degradation_message, fill_timings, fill_usage


def rerank_request(message: pb.RerankRequest) -> RerankRequest:
    """Texts and how to order them; the fields have been checked."""
    return RerankRequest(
        query=message.query,
        texts=[GivenText(each.id, each.text, each.title) for each in message.texts],
        top_k=message.top_k if message.HasField("top_k") else None,
        reranker=reranker_of(message.reranker) if message.HasField("reranker") else None,
    )


def rerank_response(found: RerankedTexts) -> pb.RerankResponse:
    """The order and how it came about."""
    message = pb.RerankResponse()
    for each in found.texts:
        _fill_text(each, message.texts.add())
    fill_timings(found.timings, message.timings)
    fill_usage(found.usage, message.usage)
    message.cache.query_embedding_hit = found.query_embedding_hit
    message.provenance.embedder = found.embedder
    message.degradations.extend(map(degradation_message, found.degradations))
    return message


def _fill_text(candidate: Candidate, target: pb.RankedText) -> None:
    target.id = candidate.chunk_id
    target.index = candidate.row
    target.score = candidate.score
    for each in candidate.stages:
        target.stage_scores.add(stage=each.stage, score=each.score, rank=each.rank)
