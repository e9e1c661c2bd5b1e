from pathlib import Path

import pytest
from ragrpc.v1 import admin_service_pb2

from tests.evaluation.plans import InvalidPlans, Plan, listed, parts, spelled_out, without_doubles


def test_pipelines_are_spelled_out_in_yaml_or_json(tmp_path: Path) -> None:
    path = tmp_path / "pipelines.yaml"
    path.write_text("pipelines: {near: {description: Near., retriever: {dense: {min_score: 0.5}}}}")
    (plan,) = spelled_out(path)
    request = plan.request("things", "which?", 7)
    assert (plan.name, request.collection, request.query, request.top_k) == (
        "near",
        "things",
        "which?",
        7,
    )
    assert request.spec.retriever.dense.min_score == 0.5
    path.write_text('{"pipelines": {"near": {"retriever": {"dense": {"minScore": 0.5}}}}}')
    assert spelled_out(path)[0].spec == plan.spec


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("pipelines: {near: {retriever: {dense: {min_scor: 1}}}}", 'pipeline near: .*"min_scor"'),
        ("pipelines: {near: 5}", "pipeline near must be a mapping"),
        ("[1]", "must have names and their pipelines"),
        ("near: {}", "must have names and their pipelines"),
        ("{", "is neither YAML nor JSON"),
    ],
)
def test_a_file_of_pipelines_that_is_wrong_says_where(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "pipelines.yaml"
    path.write_text(content)
    with pytest.raises(InvalidPlans, match=told):
        spelled_out(path)


def test_the_default_comes_first_and_its_parts_are_pipelines_of_their_own() -> None:
    info = admin_service_pb2.GetServerInfoResponse()
    info.pipelines.add(name="another")
    spec = info.pipelines.add(name="default", default=True).spec
    spec.retriever.hybrid.parts.add().retriever.dense.min_score = 0.25
    spec.retriever.hybrid.parts.add().retriever.sentence.depth = 50
    assert [each.name for each in listed(info)] == ["default", "another"]
    dense, sentence = parts(info)
    assert (dense.name, dense.part, sentence.name) == ("dense", True, "sentence")
    assert dense.request("c", "q", 1).spec.retriever.dense.min_score == 0.25
    assert sentence.request("c", "q", 1).spec.retriever.sentence.depth == 50


def test_a_default_of_one_piece_has_no_parts() -> None:
    info = admin_service_pb2.GetServerInfoResponse()
    info.pipelines.add(name="default", default=True).spec.retriever.dense.min_score = 0
    assert not list(parts(info))


def test_pipelines_of_one_name_are_told_apart() -> None:
    plans = [Plan("default"), Plan("dense"), Plan("dense"), Plan("dense")]
    assert [each.name for each in without_doubles(plans)] == [
        "default",
        "dense",
        "dense-2",
        "dense-3",
    ]
