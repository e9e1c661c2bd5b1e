import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.retrieval import DegradationKind
from rag_server.core.specs import DenseSpec, HydeSpec
from rag_server.retrievers.hyde import HydeRetriever
from rag_server.retrievers.model_texts import ModelTexts
from tests.unit.retrievers.conftest import Base, Model, a_call, a_search, unit

SPEC = HydeSpec(DenseSpec(0.1), passages=3)


def hyde(base: Base, model: Model) -> HydeRetriever:
    return HydeRetriever(base, ModelTexts(model))


def test_the_base_searches_with_the_mean_of_all_vectors_and_the_questions_words() -> None:
    base, call = Base(), a_call()
    found = hyde(base, Model({"texts": ["ab", "abcd"]})).retrieve(a_search(SPEC), call)
    (search,) = base.searches
    expected = unit(*(unit(1, 0, 0) + unit(0, 2, 1) + unit(0, 4, 1)).tolist())
    np.testing.assert_allclose(search.question.vector(), expected, rtol=1e-6)
    assert search.question.vector().dtype == np.float32
    assert (search.question.text, search.spec, search.limit) == ("plain", SPEC.base, 3)
    assert len(found) == 3
    assert [(each.step, each.count) for each in call.funnel] == [("hypothetical", 2)]
    assert call.degradations == []


@given(st.lists(st.text(max_size=12), max_size=9))
def test_the_vector_is_always_one_of_length_one(texts: list[str]) -> None:
    base = Base()
    hyde(base, Model({"texts": texts})).retrieve(a_search(SPEC), a_call())
    assert np.linalg.norm(base.searches[0].question.vector()) == pytest.approx(1.0, abs=1e-5)


def test_without_a_model_it_is_its_base(away: Model) -> None:
    plain = Base().retrieve(a_search(SPEC.base), a_call())
    base, call = Base(), a_call()
    assert hyde(base, away).retrieve(a_search(SPEC), call) == plain
    np.testing.assert_array_equal(base.searches[0].question.vector(), unit(1, 0, 0))
    assert [each.kind for each in call.degradations] == [DegradationKind.QUERY_EXPANSION_SKIPPED]


def test_an_identifier_is_searched_as_it_stands_which_is_no_degradation() -> None:
    base, call, model = Base(), a_call(), Model({"texts": ["a passage"]})
    hyde(base, model).retrieve(a_search(SPEC, text="ERR_CONN_42"), call)
    assert model.templates == []
    np.testing.assert_array_equal(base.searches[0].question.vector(), unit(1, 0, 0))
    assert call.degradations == []
    assert [(each.step, each.count) for each in call.funnel] == [("hypothetical", 0)]


def test_other_wordings_of_the_question_have_vectors_of_their_own() -> None:
    base = Base()
    hyde(base, Model({"texts": ["ab"]})).retrieve(a_search(SPEC), a_call())
    moved = base.searches[0].question
    np.testing.assert_array_equal(moved.reworded("other").vector(), unit(1, 0, 0))
    assert moved.passages(["x", "y"]).shape == (2, 3)
