"""How a collection is chunked."""

from dataclasses import asdict

from ragrpc.v1 import chunking_pb2 as pb

from rag_server.core.chunking import STRATEGIES, ChunkingSpec, HierarchicalChunking, strategy_of
from rag_server.core.errors import InvalidRequest, Violation


def chunking_of(message: pb.Chunking, field: str = "chunking") -> ChunkingSpec:
    """The spec of a message whose fields have been checked; what is unset has its default.
    Raises InvalidRequest for parents that are no larger than their children."""
    strategy = message.WhichOneof("strategy")
    assert strategy is not None, "an empty Chunking has been refused"
    options = getattr(message, strategy)
    spec = STRATEGIES[strategy](**{each.name: value for each, value in options.ListFields()})
    if isinstance(spec, HierarchicalChunking) and spec.parent_tokens <= spec.max_tokens:
        path = f"{field}.hierarchical.parent_tokens"
        raise InvalidRequest.of(Violation(path, f"must be over max_tokens, {spec.max_tokens}"))
    return spec


def chunking_message(spec: ChunkingSpec) -> pb.Chunking:
    """A spec with all its options."""
    message = pb.Chunking()
    options = getattr(message, strategy_of(spec))
    options.SetInParent()
    for name, value in asdict(spec).items():
        # An empty language is none: it is told from each document.
        if value != "":
            setattr(options, name, value)
    return message
