"""What every reranker owes: some of what it was given, each once, best first by its own score."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_server.core.call import Call, Deadline
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Contents, Reranker, Reranking
from rag_server.core.retrieval import Candidate, StageScore
from rag_server.core.specs import RerankerSpec
from rag_server.testing.words import WordContents, WordQuestion

Rerank = Callable[..., list[Candidate]]

_PROPERTY = settings(
    max_examples=20,
    deadline=None,
    # Fixtures change nothing between examples; every subclass runs the same test.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class RerankerContract:
    """Name a subclass Test..., with the fixtures `reranker` and `spec` of your own. `contents` and
    `found` may be others than these, too: candidates, and what they hold."""

    @pytest.fixture
    def reranker(self) -> Reranker:
        """What is tested."""
        raise NotImplementedError

    @pytest.fixture
    def spec(self) -> RerankerSpec:
        """What it is asked with; of a plug-in a CustomRerankSpec."""
        raise NotImplementedError

    @pytest.fixture
    def contents(self) -> Contents:
        """What the candidates hold."""
        return WordContents()

    @pytest.fixture
    def found(self) -> Sequence[Candidate]:
        """Candidates, best first."""
        return WordContents().found()

    @pytest.fixture
    def rerank(self, reranker: Reranker, spec: RerankerSpec, contents: Contents) -> Rerank:
        """Asks it."""

        def reranked(given: Sequence[Candidate], limit: int = 100) -> list[Candidate]:
            asked = Reranking(WordQuestion("word3"), contents, given, limit, spec)
            return reranker.rerank(asked, Call(ANONYMOUS, Deadline(30.0)))

        return reranked

    def test_all_that_were_given_come_back_once(
        self, rerank: Rerank, found: Sequence[Candidate]
    ) -> None:
        assert sorted(each.row for each in rerank(found)) == sorted(each.row for each in found)

    def test_the_best_come_first_by_the_new_score(
        self, rerank: Rerank, found: Sequence[Candidate]
    ) -> None:
        before = {each.row: each.stages for each in found}
        ranked = rerank(found)
        assert ranked == sorted(ranked, key=lambda each: (-each.score, each.chunk_id))
        name = ranked[0].stages[-1].stage
        for rank, each in enumerate(ranked, 1):
            assert each.stages == (*before[each.row], StageScore(name, each.score, rank))

    @_PROPERTY
    @given(limit=st.integers(1, 30), left_out=st.sets(st.integers(0, 23)))
    def test_at_most_the_limit_of_those_given(
        self, rerank: Rerank, found: Sequence[Candidate], limit: int, left_out: set[int]
    ) -> None:
        some = [each for place, each in enumerate(found) if place not in left_out]
        ranked = rerank(some, limit)
        assert ranked == rerank(some)[:limit]
        assert {each.row for each in ranked} <= {each.row for each in some}

    def test_the_same_comes_of_the_same(self, rerank: Rerank, found: Sequence[Candidate]) -> None:
        assert rerank(found) == rerank(found)

    def test_nothing_comes_of_nothing(self, rerank: Rerank) -> None:
        assert rerank([]) == []

    def test_one_stays_one(self, rerank: Rerank, found: Sequence[Candidate]) -> None:
        assert [each.row for each in rerank(found[:1])] == [found[0].row]

    def test_what_was_purged_meanwhile_does_no_harm(
        self, rerank: Rerank, found: Sequence[Candidate]
    ) -> None:
        gone = replace(found[0], row=10**9, chunk_id="gone")
        kept = [each.row for each in rerank([gone, *found]) if each.row != gone.row]
        assert sorted(kept) == sorted(each.row for each in found)
