from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.documents import Relative, StoredChunk
from rag_server.core.retrieval import Candidate, StageScore
from rag_server.core.specs import ConvexSpec, FusionSpec, Normalisation, RrfSpec
from rag_server.core.values import Span
from rag_server.retrievers.fusion import Ranking, best, fuse

FUSIONS = [RrfSpec(), ConvexSpec(), ConvexSpec(Normalisation.MIN_MAX)]
_scores = st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.floats(-10, 10), max_size=12).map(
    lambda scores: dict(sorted(scores.items(), key=lambda item: -item[1]))
)
_rankings = st.lists(
    st.builds(Ranking, st.floats(0.1, 5), _scores, st.just({})), min_size=1, max_size=4
)


def test_reciprocal_ranks_are_summed_by_weight() -> None:
    one, two = Ranking(2.0, {"7": 0.9, "8": 0.5}, {}), Ranking(1.0, {"8": 30.0}, {})
    assert fuse([one, two], RrfSpec(k=60)) == pytest.approx({"7": 2 / 61, "8": 2 / 62 + 1 / 61})


def test_min_max_makes_the_best_of_each_part_one_and_the_last_none() -> None:
    one, two = (
        Ranking(3.0, {"7": 0.9, "8": 0.8, "9": 0.4}, {}),
        Ranking(1.0, {"9": 30.0, "7": 10.0}, {}),
    )
    fused = fuse([one, two], ConvexSpec(Normalisation.MIN_MAX))
    # What a part neither gives nor can score counts as its last.
    assert fused == pytest.approx({"7": 0.75, "8": 0.75 * 0.8, "9": 0.25})


def test_z_scores_come_from_what_a_part_gives_alone() -> None:
    ranking = Ranking(1.0, {"7": 3.0, "8": 1.0}, {"9": 0.0})
    other = Ranking(1.0, {"9": 5.0}, {})
    fused = fuse([ranking, other], ConvexSpec())
    # Mean 2, deviation 1; the part of one candidate prefers nothing.
    assert fused == pytest.approx({"7": 0.5, "8": -0.5, "9": -1.0})


@pytest.mark.parametrize("normalisation", Normalisation)
def test_what_is_given_beyond_the_depth_changes_nothing_before_it(
    normalisation: Normalisation,
) -> None:
    few = {"a": 9.0, "b": 4.0, "c": 2.0}
    more = {**few, "d": 1.0, "e": -7.0}
    short, long = (
        fuse([Ranking(1.0, scores, {}, depth=3)], ConvexSpec(normalisation))
        for scores in (few, more)
    )
    assert {key: long[key] for key in few} == short
    assert long["e"] < long["d"] < long["c"]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_nothing_given_is_nothing(fusion: FusionSpec) -> None:
    assert fuse([Ranking(1.0, {}, {}), Ranking(1.0, {}, {})], fusion) == {}


@pytest.mark.parametrize("fusion", FUSIONS)
@given(rankings=_rankings, factor=st.floats(0.5, 4))
def test_only_the_ratio_of_weights_counts(
    fusion: FusionSpec, rankings: list[Ranking], factor: float
) -> None:
    scaled = [Ranking(each.weight * factor, each.scores, each.others) for each in rankings]
    one, two = fuse(rankings, fusion), fuse(scaled, fusion)
    assert set(one) == set(two) == {row for each in rankings for row in each.scores}
    unit = factor if isinstance(fusion, RrfSpec) else 1.0
    assert two == pytest.approx({row: score * unit for row, score in one.items()}, abs=1e-9)


@pytest.mark.parametrize("fusion", FUSIONS)
@given(scores=_scores)
def test_alone_a_part_keeps_its_order(fusion: FusionSpec, scores: dict[str, float]) -> None:
    fused = fuse([Ranking(1.0, scores, {})], fusion)
    values = [fused[row] for row in scores]
    assert all(one >= two - 1e-9 for one, two in pairwise(values))


def test_the_best_come_with_what_every_ranking_said() -> None:
    words, nearness = StageScore("lexical", 9.0, 1), StageScore("dense", 0.5, 1)
    rankings = [
        [Candidate(1, "a", 9.0, (words,)), Candidate(2, "b", 8.0)],
        [Candidate(1, "a", 0.5, (nearness,)), Candidate(3, "c", 0.4)],
    ]
    found = best("hybrid", rankings, {"c": 1.0, "b": 0.0, "a": 1.0}, 2)
    last = StageScore("hybrid", 1.0, 1)
    assert found[0] == Candidate(1, "a", 1.0, (words, nearness, last))
    assert [each.chunk_id for each in found] == ["a", "c"]


def test_one_more_stage_leaves_the_rest_of_a_candidate_alone() -> None:
    chunk = StoredChunk(1, "a", "d", 0, Span(0, 1), "t", 1, "", {})
    member = Relative(1, "a", 0, Span(0, 1), 1, None)
    given = Candidate(1, "a", 0.5, (), chunk, (member,), (Span(0, 1),))
    stage = StageScore("dense", 0.7, 3)
    assert given.staged("dense", 0.7, 3) == replace(given, score=0.7, stages=(stage,))
