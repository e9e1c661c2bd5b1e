"""What the README shows happens as it is shown."""

import shlex
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from rag_client.cli.app import build_app
from tests.docs.pages import ROOT, Page
from tests.serving import ServerProcess

README = Page(ROOT / "README.md")


def test_the_first_screen_prints_what_it_says(
    server: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = README.blocks("python")
    exec(code.replace("localhost:50051", server.address), {"__name__": "readme"})
    expected = README.blocks("text")[0]
    assert capsys.readouterr().out.split() == expected.split()


def test_the_tour_runs_in_order(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("RAGRPC_ADDRESS", server.address)
    shown = {}
    for command in README.commands("ragrpc"):
        result = CliRunner().invoke(build_app(), shlex.split(command)[1:])
        assert result.exit_code == 0, (command, result.output)
        shown[command.split()[1]] = result.output
    assert list(shown) == ["ingest", "query", "retrieve", "documents", "status"]
    assert "0 failed" in shown["ingest"]
    assert "\n[1] " in shown["query"]
    assert "step filtered" in shown["retrieve"]
    assert "architecture.md" in shown["documents"]
    assert "serving" in shown["status"]


def test_the_addresses_of_the_sidecar_are_those_it_serves() -> None:
    paths = {urlsplit(f"//{each.split()[1]}").path for each in README.commands("curl")}
    assert paths == {"/metrics", "/readyz"}
