"""Answers and the events they are streamed as."""

from ragrpc.v1 import rag_service_pb2 as pb

from rag_server.core.retrieval import (
    Answer,
    Citation,
    Degradation,
    Delta,
    Event,
    HitsFound,
    Retraction,
    Started,
)
from rag_server.transport.convert.documents import span_message
from rag_server.transport.convert.retrieval import (
    degradation_message,
    fill_hits,
    fill_report,
)


def query_response(answer: Answer, explain: bool) -> pb.QueryResponse:
    """The whole answer."""
    message = pb.QueryResponse(
        answer=answer.text,
        citations=[citation_message(each) for each in answer.citations],
        abstain_reasons=[f"ABSTAIN_REASON_{each}" for each in answer.abstain_reasons],
        unsupported_spans=[span_message(each) for each in answer.unsupported],
    )
    fill_report(answer.retrieval, explain, message)
    return message


def event_message(sequence: int, event: Event, explain: bool) -> pb.StreamQueryResponse:
    """One event of the stream."""
    message = pb.StreamQueryResponse(sequence=sequence)
    match event:
        case Started(request_id, revision):
            message.started.CopyFrom(pb.Started(request_id=request_id, revision=revision))
        case HitsFound(hits):
            message.hits.SetInParent()
            fill_hits(hits, message.hits.hits)
        case Delta(text):
            message.delta.text = text
        case Citation():
            message.citation.CopyFrom(citation_message(event))
        case Retraction(span, reason):
            message.retraction.CopyFrom(
                pb.Retraction(answer_span=span_message(span), reason=reason)
            )
        case Degradation():
            message.degradation.CopyFrom(degradation_message(event))
        case Answer():
            message.completed.CopyFrom(query_response(event, explain))
    return message


def citation_message(citation: Citation) -> pb.Citation:
    """One citation."""
    return pb.Citation(
        document_id=citation.document_id,
        chunk_id=citation.chunk_id,
        answer_span=span_message(citation.answer_span),
        source_span=span_message(citation.source_span),
        source_text=citation.source_text,
        support=citation.support,
        hit_index=citation.hit_index,
    )
