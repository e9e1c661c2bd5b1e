"""Texts of one's own to and from messages."""

from collections.abc import Iterable

from ragrpc.v1 import rag_service_pb2

from rag_client import types
from rag_client._convert.answers import degradation, stage_scores, usage
from rag_client._convert.parts import timings
from rag_client._convert.pipelines import reranker_message


def rerank_request(
    query: str,
    texts: Iterable[types.Text | str],
    top_k: int | None,
    reranker: types.Reranker | None,
) -> rag_service_pb2.RerankRequest:
    """The request; a plain text is named by its place. Raises InvalidArgument for what is no
    reranker."""
    named = (
        types.Text(str(place), each) if isinstance(each, str) else each
        for place, each in enumerate(texts)
    )
    return rag_service_pb2.RerankRequest(
        query=query,
        texts=[
            rag_service_pb2.RerankText(id=each.id, text=each.text, title=each.title)
            for each in named
        ],
        top_k=top_k,
        reranker=reranker_message(reranker) if reranker is not None else None,
    )


def ranking(message: rag_service_pb2.RerankResponse) -> types.Ranking:
    """Texts in order."""
    return types.Ranking(
        texts=tuple(_text(each) for each in message.texts),
        timings=timings(message.timings),
        usage=usage(message.usage),
        embedder=message.provenance.embedder,
        degradations=tuple(degradation(each) for each in message.degradations),
        cache=types.CacheStatus(message.cache.query_embedding_hit),
    )


def _text(message: rag_service_pb2.RankedText) -> types.RankedText:
    scores = stage_scores(message.stage_scores)
    return types.RankedText(message.id, message.index, message.score, scores)
