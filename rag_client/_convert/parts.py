"""Pieces that several messages share."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from ragrpc.v1 import retrieval_pb2

from rag_client.types import StageTiming
from rag_client.values import Span

Kind = TypeVar("Kind", bound=StrEnum)


def enum_of(kind: type[Kind], prefix: str, descriptor: Any, number: int, default: Kind) -> Kind:
    """The member that `number` names; `default` for one that this client does not know."""
    known = descriptor.DESCRIPTOR.values_by_number.get(number)
    name = known.name.removeprefix(prefix) if known else ""
    return kind.__members__.get(name, default)


def span(message: retrieval_pb2.Span) -> Span:
    """A byte range."""
    return Span(message.start, message.end)


def spans(messages: Iterable[retrieval_pb2.Span]) -> tuple[Span, ...]:
    """Byte ranges in the order given."""
    return tuple([Span(each.start, each.end) for each in messages])


def timings(messages: Iterable[retrieval_pb2.StageTiming]) -> tuple[StageTiming, ...]:
    """Stage timings in the order given."""
    return tuple(StageTiming(each.stage, each.milliseconds) for each in messages)
