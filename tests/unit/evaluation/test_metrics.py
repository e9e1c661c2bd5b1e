import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.evaluation.metrics import METRICS, documents, measured


def test_metrics_are_those_computed_by_hand() -> None:
    judgements = {"q": {"best": 2, "good": 1, "missed": 1, "junk": 0}}
    values = measured(judgements, {"q": ["junk", "good", "other", "best"]})
    gained = 1 / math.log2(3) + 2 / math.log2(5)
    ideal = 2 + 1 / math.log2(3) + 1 / math.log2(4)
    assert values["ndcg10"][0] == pytest.approx(gained / ideal)
    assert values["recall10"][0] == pytest.approx(2 / 3)
    assert values["mrr10"][0] == pytest.approx(1 / 2)
    assert values["recall100"][0] == pytest.approx(2 / 3)


def test_what_stands_below_the_cut_does_not_count() -> None:
    ranking = [f"other-{place}" for place in range(10)] + ["wanted"]
    values = measured({"q": {"wanted": 1}}, {"q": ranking})
    assert {name: value[0] for name, value in values.items()} == {
        "ndcg10": 0,
        "recall10": 0,
        "mrr10": 0,
        "recall100": 1,
    }


def test_values_are_in_the_order_of_the_judgements_and_0_without_a_ranking() -> None:
    judgements = {"b": {"x": 1}, "a": {"y": 1}, "c": {"z": 1}, "d": {"z": 1}}
    values = measured(judgements, {"a": ["x", "y"], "b": ["x"], "c": []})
    assert values["mrr10"].tolist() == [1.0, 0.5, 0.0, 0.0]
    assert values["recall100"].tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_order_of_a_ranking_holds_whatever_the_ids() -> None:
    # trec_eval orders equal scores by the id, descending.
    for ranking in (["a", "z"], ["z", "a"]):
        values = measured({"q": {ranking[1]: 1}}, {"q": ranking})
        assert values["mrr10"].tolist() == [0.5]


@given(st.data())
def test_an_ideal_ranking_reaches_1_and_none_more(data: st.DataObject) -> None:
    grades = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=9).filter(any))
    judged = {f"d{number}": grade for number, grade in enumerate(grades)}
    ranking = data.draw(st.permutations(list(judged)))
    ideal = sorted(judged, key=lambda name: -judged[name])
    values = measured({"mixed": judged, "ideal": judged}, {"mixed": ranking, "ideal": ideal})
    for name in METRICS:
        assert values[name][1] == pytest.approx(1)
        assert 0 < values[name][0] <= values[name][1] + 1e-9


def test_a_document_stands_at_its_best_chunk() -> None:
    assert documents(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]
