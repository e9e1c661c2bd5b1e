"""The example plug-ins, installed as packages, in a real server; docs/plugins.md is about them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag_client import (
    CustomReranker,
    CustomRetriever,
    Document,
    InvalidArgument,
    NotFound,
    PipelineSpec,
    RagClient,
)
from tests.docs.pages import ROOT
from tests.serving import serving

TEXT = "Staff get days of vacation a year."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    packages = [ROOT / "examples/plugin_retriever", ROOT / "examples/plugin_reranker"]
    subprocess.run([*pip, "--target", target, *packages], check=True)
    return target


def environment(site: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}


@pytest.fixture(scope="module")
def office(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    data_dir = tmp_path_factory.mktemp("plugins") / "data"
    with serving(data_dir, env=environment(site)) as server, RagClient(server.address) as rag:
        rag.collections.create("office")
        now = datetime.now(UTC)
        rag.documents.upsert(
            "office",
            [
                Document("new", f"{TEXT} new", metadata={"on": now}),
                Document("old", f"{TEXT} old", metadata={"on": now - timedelta(days=3_650)}),
                Document("undated", f"{TEXT} undated"),
            ],
        )
        yield rag


def quoted(**parameters: str | float) -> CustomReranker:
    return CustomReranker("quoted", parameters)


def recent(**parameters: str | float) -> PipelineSpec:
    return PipelineSpec(CustomRetriever("recent", parameters))


def test_its_own_tests_hold_the_reranker_to_the_suite(site: Path) -> None:
    own = ROOT / "examples/plugin_reranker/tests"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", own],
        cwd=ROOT,
        env={**os.environ, **environment(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "7 passed" in ran.stdout, ran.stdout


def test_they_are_found_and_their_parameters_are_shown(office: RagClient) -> None:
    info = office.server_info()
    (retriever,), (reranker,) = info.retriever_plugins, info.reranker_plugins
    assert (retriever.name, reranker.name) == ("recent", "quoted")
    assert json.loads(retriever.parameter_schema)["required"] == ["field"]
    assert "weight" in json.loads(reranker.parameter_schema)["properties"]


def test_a_reranker_orders_anew_what_was_found(office: RagClient) -> None:
    question = 'Which days are "undated"?'
    found = office.retrieve("office", question, spec=PipelineSpec(rerankers=[quoted(weight=2)]))
    assert found.hits[0].document_id == "undated"
    assert len(found.hits) == 3
    assert [each.stage for each in found.hits[0].stage_scores] == ["dense", "quoted"]


def test_a_reranker_orders_texts_that_come_with_the_call(office: RagClient) -> None:
    texts = ["by train", "by ship", "by air"]
    ranking = office.rerank('How, if not "by ship"?', texts, reranker=quoted(weight=2))
    assert [each.id for each in ranking.texts] == ["1", "0", "2"]
    assert [each.stage for each in ranking.texts[0].stage_scores] == ["given", "quoted"]
    # It asks for no vectors, so none are made.
    assert (ranking.usage.text_embedding_count, ranking.embedder) == (0, "")


def test_it_orders_anew_what_its_base_finds(office: RagClient) -> None:
    found = office.retrieve("office", TEXT, spec=recent(field="on", weight=5.0))
    assert found.hits[0].document_id == "new"
    assert len(found.hits) == 3
    assert [each.stage for each in found.hits[0].stage_scores] == ["dense", "recent"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [({}, "'field' is a required"), ({"field": "on", "weight": -1}, "minimum"), ({"f": 1}, "'f'")],
)
def test_wrong_parameters_are_refused_before_it_is_called(
    parameters: dict[str, str | float], said: str, office: RagClient
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        office.retrieve("office", TEXT, spec=recent(**parameters))
    assert said in " ".join(each.description for each in caught.value.violations)


def test_wrong_parameters_of_a_reranker_are_refused(office: RagClient) -> None:
    with pytest.raises(InvalidArgument) as caught:
        office.rerank(TEXT, ["a"], reranker=quoted(weight=-1))
    assert [each.field for each in caught.value.violations] == ["custom(quoted).parameters.weight"]


def test_an_unknown_reranker_is_told_what_there_is(office: RagClient) -> None:
    with pytest.raises(NotFound, match="there are: quoted") as caught:
        office.rerank(TEXT, ["a"], reranker=CustomReranker("shouted"))
    assert caught.value.reason == "RERANKER_NOT_FOUND"


def test_an_unknown_name_is_told_what_there_is(office: RagClient) -> None:
    with pytest.raises(NotFound, match="there are: recent") as caught:
        office.retrieve("office", TEXT, spec=PipelineSpec(CustomRetriever("oldest")))
    assert caught.value.reason == "RETRIEVER_NOT_FOUND"


@pytest.mark.parametrize("strategy", ["retriever", "reranker"])
def test_one_that_cannot_be_loaded_keeps_the_server_from_starting(
    strategy: str, site: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "ragrpc_broken-1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: ragrpc-broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text(f"[ragrpc.{strategy}s]\nbad = nowhere:bad\n")
    with (
        pytest.raises(RuntimeError, match=f"{strategy} bad of the plug-in ragrpc-broken"),
        serving(tmp_path / "data", env=environment(tmp_path)),
    ):
        pass


def test_a_pipeline_with_an_unknown_reranker_keeps_the_server_from_starting(
    tmp_path: Path,
) -> None:
    file = tmp_path / "pipelines.yaml"
    file.write_text(
        "pipelines: {ours: {retriever: {dense: {}}, rerankers: [{custom: {name: shouted}}]}}"
    )
    with (
        pytest.raises(RuntimeError, match="brings a reranker of that name"),
        serving(tmp_path / "data", env={"RAGRPC_RETRIEVAL__PIPELINES_FILE": str(file)}),
    ):
        pass
