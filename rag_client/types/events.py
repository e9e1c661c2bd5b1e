"""Events of a streamed answer; `sequence` counts from 0 without gaps.

All events before `Completed` are provisional; its answer is the authoritative one.
"""

from dataclasses import dataclass

from rag_client.types.answers import Answer, Citation, Degradation, Hit
from rag_client.values import Span


@dataclass(frozen=True, slots=True)
class Started:
    """Always first: the request was accepted and reads at `revision`."""

    sequence: int
    request_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class HitsFound:
    """The context, best first."""

    sequence: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer; never empty."""

    sequence: int
    text: str


@dataclass(frozen=True, slots=True)
class CitationFound:
    """A citation of the text so far."""

    sequence: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class TextRetracted:
    """A part of the text so far turned out to have no support; `reason` is for a person."""

    sequence: int
    answer_span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Degraded:
    """Something was skipped or served differently."""

    sequence: int
    degradation: Degradation


@dataclass(frozen=True, slots=True)
class Completed:
    """Always last: the whole answer, as `query` would have returned it."""

    sequence: int
    answer: Answer


Event = Started | HitsFound | TextDelta | CitationFound | TextRetracted | Degraded | Completed
