import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.errors import DeadlineExceeded, PreconditionFailed, RagError, Unavailable
from rag_server.core.retrieval import DegradationKind
from rag_server.retrievers.model_texts import ModelTexts
from tests.unit.retrievers.conftest import Model, a_call

QUESTION = "How many days off?"
_texts = st.lists(
    st.one_of(
        st.text(max_size=30), st.sampled_from([QUESTION, " how MANY days  off? ", "...", ""])
    ),
    max_size=8,
)


@given(texts=_texts, count=st.integers(1, 5))
def test_texts_are_few_short_distinct_and_say_something(texts: list[str], count: int) -> None:
    call = a_call()
    written = ModelTexts(Model({"texts": texts})).written("t", QUESTION, count, 10, call)
    assert len(written) <= count
    assert all(0 < len(each) <= 10 for each in written)
    assert all(each == each.strip() for each in written)
    kinds = [each.kind for each in call.degradations]
    assert kinds == ([] if written else [DegradationKind.QUERY_EXPANSION_SKIPPED])


def test_repetitions_of_the_question_and_of_each_other_are_left_out() -> None:
    given = ["How many DAYS off?", "Length of  vacation", "length of vacation", "Leave?"]
    written = ModelTexts(Model({"texts": given})).written("t", QUESTION, 3, 100, a_call())
    assert written == ["Length of vacation", "Leave?"]


@pytest.mark.parametrize("error", [Unavailable("away"), PreconditionFailed("none")])
def test_without_a_model_there_are_none_and_the_call_says_so(error: RagError) -> None:
    call = a_call()
    assert ModelTexts(Model(error)).written("t", QUESTION, 3, 100, call) == []
    (degradation,) = call.degradations
    assert (degradation.kind, degradation.detail) == (
        DegradationKind.QUERY_EXPANSION_SKIPPED,
        error.message,
    )


def test_the_end_of_the_calls_own_time_is_no_degradation() -> None:
    with pytest.raises(DeadlineExceeded):
        ModelTexts(Model(DeadlineExceeded("late"))).written("t", QUESTION, 3, 100, a_call())
