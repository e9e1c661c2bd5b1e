"""Jobs from the client and the command line, over a real server with a cheap embedder."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_client import (
    AsyncRagClient,
    Document,
    JobState,
    NotFound,
    PermissionDenied,
    RagClient,
    Reindexing,
)
from rag_client.cli.app import build_app
from rag_server.core.principal import Role
from rag_server.stores.catalog.catalog import open_catalog
from tests.integration.client.test_cli_commands import check
from tests.serving import ServerProcess, serving
from tests.waiting import eventually

COMMAND = (sys.executable, "-m", "tests.chaos.server")
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("data"), command=COMMAND) as running:
        with RagClient(running.address) as rag:
            rag.collections.create("docs")
            texts = [Document(id=f"d{n}", text=f"words of document {n}") for n in range(20)]
            rag.documents.upsert("docs", texts)
        yield running


@pytest.fixture
def run(server: ServerProcess) -> Run:
    environment = {"RAGRPC_ADDRESS": server.address, "RAGRPC_API_KEY": None, "COLUMNS": "200"}

    def invoke(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(build_app(), list(words), env=environment)
        assert result.exit_code == code, result.output
        return result

    return invoke


def test_reindexing_from_the_command_line_shows_how_far_it_is(run: Run) -> None:
    shown = run("collections", "reindex", "docs", "--chunking", "sentence")
    assert "succeeded" in shown.stdout
    assert "reindex" in shown.stderr
    lines = run("collections", "reindex", "docs", "--json").stdout.splitlines()
    last = [check("job", line) for line in lines][-1]
    assert (last["state"], last["collection"]) == ("succeeded", "docs")
    assert check("job", run("jobs", "get", last["id"], "--json").stdout) == last
    listed = check("jobs", run("jobs", "list", "--kind", "reindex", "--json").stdout)
    assert listed["jobs"][0] == last
    own = check("jobs", run("jobs", "list", "--server", "--limit", "1", "--json").stdout)
    assert [each["kind"] for each in own["jobs"]] == ["collect_garbage"]


def test_job_that_was_cancelled_is_shown_as_a_failure_to_who_follows_it(run: Run) -> None:
    slow = ("--documents-per-second", "2", "--no-wait", "--json")
    job = json.loads(run("collections", "reindex", "docs", *slow).stdout)["id"]
    assert check("job", run("jobs", "cancel", job, "--json").stdout)["cancel_requested"]
    assert "cancelled" in run("jobs", "watch", job, code=1).stdout
    assert "there is no job" in run("jobs", "get", "nothing", code=1).stderr


def test_jobs_of_the_server_exist_for_its_operator_only(tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path)
    key = catalog.keys.create("acme", frozenset(Role), "test", None)[1]
    catalog.close()
    with (
        serving(tmp_path, command=COMMAND) as server,
        RagClient(server.address) as operator,
        RagClient(server.address, api_key=key) as acme,
    ):
        found: Any = eventually(lambda: list(operator.jobs.list(server_wide=True)))
        with pytest.raises(PermissionDenied) as denied:
            list(acme.jobs.list(server_wide=True))
        assert (denied.value.reason, denied.value.metadata["tenant"]) == (
            "ROLE_REQUIRED",
            "default",
        )
        for call in (acme.jobs.get, acme.jobs.cancel, lambda job: list(acme.jobs.watch(job))):
            with pytest.raises(NotFound):
                call(found[-1].id)
        assert operator.jobs.cancel(found[-1].id).id == found[-1].id


async def test_asyncio_client_follows_a_job_and_leaving_does_not_cancel_it(
    server: ServerProcess,
) -> None:
    async with AsyncRagClient(server.address) as rag:
        job = await rag.collections.reindex("docs", Reindexing(documents_per_second=40))
        changes = rag.jobs.watch(job.id)
        assert (await anext(changes)).id == job.id
        await changes.aclose()
        seen = [change async for change in rag.jobs.watch(job.id)]
        assert seen[-1].state is JobState.SUCCEEDED
        assert not seen[-1].cancel_requested
        assert (await rag.jobs.get(job.id)).ended
        listed = [each.id async for each in rag.jobs.list(kind="reindex", collection="docs")]
        assert listed[0] == job.id
        assert (await rag.jobs.cancel(job.id)).state is JobState.SUCCEEDED
