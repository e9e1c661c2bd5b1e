from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import StoredChunk, Vector
from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, RagError, Unavailable
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Reranking
from rag_server.core.refinement import Refinement
from rag_server.core.retrieval import Candidate, DegradationKind, FunnelStep
from rag_server.core.specs import MmrSpec

FOUND = [Candidate(n, f"c{n}", 1.0 - n / 100) for n in range(8)]


class Which:
    text = "which?"

    def vector(self) -> Vector:
        return np.ones(1, np.float32)


class Nothing:
    """Contents that nobody reads."""

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        raise AssertionError

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        raise AssertionError

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        raise AssertionError


NOTHING = Nothing()


@dataclass
class Backwards:
    """Turns what it is given around, and remembers what that was; may fail instead."""

    failure: RagError | None = None
    given: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    remaining: float = 0.0

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        self.given.append(len(reranking.candidates))
        self.limits.append(reranking.limit)
        self.remaining = call.deadline.remaining()
        if self.failure is not None:
            raise self.failure
        return list(reversed(reranking.candidates))[: reranking.limit]


def a_call(seconds: float = 60.0) -> Call:
    return Call(ANONYMOUS, Deadline(seconds))


def rows(candidates: Sequence[Candidate]) -> list[int]:
    return [each.row for each in candidates]


def test_without_rerankers_the_best_are_handed_on() -> None:
    plain = Refinement((), 3, lenient=False)
    assert plain.width == 3
    assert rows(plain.refined(Backwards(), Which(), NOTHING, FOUND, a_call())) == [0, 1, 2]


def test_as_many_are_found_as_some_reranker_looks_at() -> None:
    refinement = Refinement((MmrSpec(depth=6), MmrSpec(depth=4)), 2, lenient=False)
    assert refinement.width == 6
    assert Refinement((MmrSpec(depth=6),), 9, lenient=False).width == 9


def test_each_reranks_what_the_one_before_gives() -> None:
    reranker = Backwards()
    refinement = Refinement((MmrSpec(depth=6), MmrSpec(depth=4)), 2, lenient=False)
    assert rows(refinement.refined(reranker, Which(), NOTHING, FOUND, a_call())) == [2, 3]
    assert reranker.given == [6, 4]
    assert reranker.limits == [4, 2]


@pytest.mark.parametrize("error", [Unavailable, DeadlineExceeded])
@pytest.mark.parametrize("lenient", [True, False])
def test_one_that_cannot_serve_is_skipped_and_reported(
    error: Callable[[str], RagError], lenient: bool
) -> None:
    call = a_call()
    refinement = Refinement((MmrSpec(depth=6),), 2, lenient=lenient)
    refined = refinement.refined(Backwards(error("not now")), Which(), NOTHING, FOUND, call)
    assert rows(refined) == [0, 1]
    (degradation,) = call.degradations
    assert degradation.kind is DegradationKind.RERANKER_SKIPPED
    assert degradation.detail == "mmr: not now"


def test_one_that_is_not_set_up_fails_a_spec_and_not_a_name() -> None:
    reranker = Backwards(PreconditionFailed("set this first"))
    call = a_call()
    strict = Refinement((MmrSpec(),), 2, lenient=False)
    with pytest.raises(PreconditionFailed):
        strict.refined(reranker, Which(), NOTHING, FOUND, call)
    named = Refinement((MmrSpec(),), 2, lenient=True)
    assert rows(named.refined(reranker, Which(), NOTHING, FOUND, call)) == [0, 1]
    assert call.degradations == []
    assert call.funnel == [FunnelStep("left_out", 8, "mmr: set this first")]


def test_nothing_found_is_nothing_to_rerank() -> None:
    reranker = Backwards()
    assert (
        Refinement((MmrSpec(),), 2, lenient=False).refined(reranker, Which(), NOTHING, [], a_call())
        == []
    )
    assert reranker.given == []


def test_some_of_the_time_is_left_to_what_comes_after() -> None:
    reranker, call = Backwards(), a_call(10.0)
    Refinement((MmrSpec(),), 2, lenient=False).refined(reranker, Which(), NOTHING, FOUND, call)
    assert 7.0 < reranker.remaining <= 8.0


def test_a_call_that_is_cancelled_ends_for_its_parts_too() -> None:
    deadline = Deadline(60.0)
    part = deadline.leaving(1.0)
    deadline.cancel()
    assert part.remaining() == 0.0
    with pytest.raises(DeadlineExceeded):
        part.check("rerank")
