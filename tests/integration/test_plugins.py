"""The example plug-in, installed as a package, in a real server; docs/plugins.md is about it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag_client import (
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
    subprocess.run([*pip, "--target", target, ROOT / "examples/plugin_retriever"], check=True)
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


def recent(**parameters: str | float) -> PipelineSpec:
    return PipelineSpec(CustomRetriever("recent", parameters))


def test_it_is_found_and_its_parameters_are_shown(office: RagClient) -> None:
    (plugin,) = office.server_info().retriever_plugins
    assert plugin.name == "recent"
    assert json.loads(plugin.parameter_schema)["required"] == ["field"]


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


def test_an_unknown_name_is_told_what_there_is(office: RagClient) -> None:
    with pytest.raises(NotFound, match="there are: recent") as caught:
        office.retrieve("office", TEXT, spec=PipelineSpec(CustomRetriever("oldest")))
    assert caught.value.reason == "RETRIEVER_NOT_FOUND"


def test_one_that_cannot_be_loaded_keeps_the_server_from_starting(
    site: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "ragrpc_broken-1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: ragrpc-broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text("[ragrpc.retrievers]\nbad = nowhere:bad\n")
    with (
        pytest.raises(RuntimeError, match=r"retriever bad of the plug-in ragrpc-broken"),
        serving(tmp_path / "data", env=environment(tmp_path)),
    ):
        pass
