"""How a collection is chunked, to and from messages."""

from dataclasses import fields
from typing import Any

from ragrpc.v1 import chunking_pb2

from rag_client.errors import InvalidArgument
from rag_client.types.chunking import STRATEGIES, Chunking, strategy_of


def chunking_message(chunking: Chunking | None) -> chunking_pb2.Chunking | None:
    """The message; None asks for the server's default. Raises InvalidArgument for what is no
    chunking."""
    if chunking is None:
        return None
    if type(chunking) not in STRATEGIES.values():
        known = ", ".join(each.__name__ for each in STRATEGIES.values())
        raise InvalidArgument.of("chunking", f"must be one of {known}")
    message = chunking_pb2.Chunking()
    options = getattr(message, strategy_of(chunking))
    options.SetInParent()
    for field in fields(chunking):
        if (value := getattr(chunking, field.name)) is not None:
            setattr(options, field.name, value)
    return message


def chunking(message: chunking_pb2.Chunking) -> Chunking | None:
    """How it is done; None for a strategy that this client does not know."""
    strategy = message.WhichOneof("strategy")
    if strategy is None:
        return None
    options: Any = getattr(message, strategy)
    return STRATEGIES[strategy](**{field.name: value for field, value in options.ListFields()})
