"""How a question was understood."""

from ragrpc.v1 import filter_pb2, retrieval_pb2

from rag_server.core.understanding import Clause, Understanding
from rag_server.transport.convert.documents import span_message
from rag_server.transport.convert.metadata import fill_filter


def fill_understanding(understood: Understanding, target: retrieval_pb2.Understanding) -> None:
    """Put it into a message."""
    target.query = understood.query
    target.source = understood.source
    target.limit = understood.limit or 0
    if understood.filter is not None:
        fill_filter(understood.filter, target.filter)
    target.clauses.extend(map(_clause_message, understood.clauses))
    if understood.sort is not None:
        target.sort.field = understood.sort.field
        target.sort.descending = understood.sort.descending
        target.sort.span.CopyFrom(span_message(understood.sort.span))


def _clause_message(clause: Clause) -> retrieval_pb2.Clause:
    stated = filter_pb2.Filter()
    fill_filter(clause.filter, stated)
    return retrieval_pb2.Clause(
        filter=stated,
        confidence=clause.confidence,
        span=span_message(clause.span),
        kind=f"KIND_{clause.kind}",
        fate=f"FATE_{clause.fate}",
        reason=clause.reason,
    )
