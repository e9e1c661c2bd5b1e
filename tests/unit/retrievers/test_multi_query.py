import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.call import Call
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import DenseSpec, MultiQuerySpec
from rag_server.retrievers.model_texts import ModelTexts
from rag_server.retrievers.multi_query import MultiQueryRetriever
from tests.unit.retrievers.conftest import FOUND, Base, Model, a_call, a_search

SPEC = MultiQuerySpec(DenseSpec(0.1), variants=3, k=60.0, depth=50)


def ids(candidates: Sequence[Candidate]) -> str:
    return "".join(each.chunk_id for each in candidates)


def retriever(base: Base, *texts: str) -> MultiQueryRetriever:
    return MultiQueryRetriever(base, ModelTexts(Model({"texts": list(texts)})))


def test_wordings_are_searched_beside_the_question_and_their_ranks_summed() -> None:
    base, call = Base(), a_call()
    found = retriever(base, "one", "two").retrieve(a_search(SPEC, limit=4), call)
    # x: 1/62 + 1/61, a: 1/61 + 1/64, c: 1/63 + 1/61, y: 1/63.
    assert ids(found) == "xcab"
    assert found[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert [each.question.text for each in base.searches] == ["plain", "one", "two"]
    assert {(each.spec, each.limit) for each in base.searches} == {(SPEC.base, 50)}
    assert call.degradations == []
    assert [(each.step, each.count) for each in call.funnel] == [("wordings", 3)]


def test_stages_of_the_base_are_those_of_the_first_wording_that_found_it() -> None:
    found = retriever(Base(), "one").retrieve(a_search(SPEC, limit=5), a_call())
    stages = {each.chunk_id: [(s.stage, s.rank) for s in each.stages] for each in found}
    assert stages["c"] == [("base", 3), ("multi_query", 1)]
    assert stages["x"][0] == ("base", 2)


@given(
    texts=st.lists(st.sampled_from([*FOUND, "PLAIN", "", "unheard of"]), max_size=5),
    limit=st.integers(1, 6),
)
def test_the_question_is_always_among_them(texts: list[str], limit: int) -> None:
    base, call = Base(), a_call()
    found = retriever(base, *texts).retrieve(a_search(SPEC, limit=limit), call)
    asked = [each.question.text for each in base.searches]
    assert asked[0] == "plain"
    assert len(asked) == len(set(asked)) <= 1 + SPEC.variants
    assert len(found) == len(set(ids(found))) <= limit
    assert found
    if len(asked) == 1:
        assert ids(found) == FOUND["plain"][:limit]
        assert [each.kind for each in call.degradations] == [
            DegradationKind.QUERY_EXPANSION_SKIPPED
        ]


def test_without_a_model_it_is_its_base(away: Model) -> None:
    plain = Base().retrieve(a_search(SPEC.base), a_call())
    found = MultiQueryRetriever(Base(), ModelTexts(away)).retrieve(a_search(SPEC), a_call())
    assert found == plain


def test_wordings_that_there_is_no_time_for_are_left_out() -> None:
    def spend(call: Call) -> None:
        time.sleep(0.02)
        # As if all but a little of the time had gone.
        call.deadline = a_call(0.03).deadline

    base, call = Base(spend), a_call()
    found = retriever(base, "one", "two").retrieve(a_search(SPEC), call)
    assert ids(found) == "abc"
    assert [each.question.text for each in base.searches] == ["plain"]
    (degradation,) = call.degradations
    assert degradation.detail == "1 of 3 wordings were searched in the time given"
